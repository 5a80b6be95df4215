#include "executor/run/journal.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "executor/run/history.h"
#include "tests/executor/plan_text.h"
#include "tests/executor/temporary_folder.h"

using namespace zr;

namespace {

using event::Outcome;

JournalOptions options(std::uint64_t rotate_bytes = 1 << 20) {
  return {rotate_bytes, [] { return Millis(std::chrono::seconds(1795329000)); }};
}

std::unique_ptr<Journal> opened(const std::filesystem::path& path, JournalOptions o = options()) {
  auto journal = open_journal(path, std::move(o));
  REQUIRE_MESSAGE(journal.has_value(), (journal ? "" : journal.error().message));
  return *std::move(journal);
}

// The run's id differs from process to process.
std::string without_run(std::string text) {
  const std::string key = "\"run\":\"";
  for (auto at = text.find(key); at != text.npos; at = text.find(key, at + key.size())) {
    const auto begin = at + key.size();
    text.replace(begin, text.find('"', begin) - begin, "R");
  }
  return text;
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

void record(Journal& journal, const Event& event) { REQUIRE(journal.record(event).has_value()); }

}  // namespace

TEST_CASE("the journal tells a run, a line per event") {
  const TemporaryFolder folder;
  Plan plan = plan_from_text(R"(
    nas snapshot tank/db@a
    nas send tank/db@0=5..@a after 1
    vault recv back/db of 2
    nas bookmark tank/db@a after 3
  )");
  plan.policy_hash = "cafe";
  {
    const auto journal = opened(folder / "state/office.journal");
    record(*journal, event::RunStarted{&plan});
    record(*journal, event::StepStarted{1});
    record(*journal, event::StepEnded{1, Outcome::done, "", Guid(18446744073709551615U)});
    record(*journal, event::StreamMoved{2, 100});
    record(*journal, event::StepEnded{3, Outcome::failed, "bad \xff\x1b[2J \"bytes\"\n"});
    record(*journal, event::RunEnded{1, 2, 3, 4});
  }
  CHECK(
      without_run(content_of(folder / "state/office.journal")) ==
      R"({"type":"run_started","time":"2026-11-22T06:30:00Z","run":"R","site":"office","site_file":"site.zr","policy_hash":"cafe","now":"1970-01-01T00:00:00Z","steps":4,"bytes":1000}
{"type":"step_started","time":"2026-11-22T06:30:00Z","run":"R","step":1,"kind":"snapshot","host":"nas","dataset":"tank/db","version":"@a","guid":null,"job":"pull.offsite"}
{"type":"step_ended","time":"2026-11-22T06:30:00Z","run":"R","step":1,"kind":"snapshot","host":"nas","dataset":"tank/db","version":"@a","guid":"18446744073709551615","job":"pull.offsite","outcome":"done","message":null}
{"type":"step_ended","time":"2026-11-22T06:30:00Z","run":"R","step":3,"kind":"recv","host":"vault","dataset":"back/db","version":null,"guid":null,"job":"pull.offsite","outcome":"failed","message":")"
      "bad \xEF\xBF\xBD\\u001b[2J \\\"bytes\\\"\\n"
      R"("}
{"type":"run_ended","time":"2026-11-22T06:30:00Z","run":"R","done":1,"failed":2,"skipped":3,"interrupted":4}
)");
  struct stat status {};
  REQUIRE(::stat((folder / "state/office.journal").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a journal that was moved away meanwhile goes on where it is looked for") {
  const TemporaryFolder folder;
  const Plan plan = plan_from_text("nas snapshot tank/db@a");
  const auto path = folder / "office.journal";
  const auto journal = opened(path);
  record(*journal, event::RunStarted{&plan});
  std::filesystem::rename(path, folder / "office.journal-old");
  record(*journal, event::StepEnded{1, Outcome::done, ""});
  record(*journal, event::RunEnded{1});
  CHECK(lines_in(content_of(folder / "office.journal-old")) == 1);
  CHECK(lines_in(content_of(path)) == 2);
}

TEST_CASE("runs beside each other share a journal, which tells them apart") {
  const TemporaryFolder folder;
  const Plan plan = plan_from_text("nas snapshot tank/db@a");
  const OpenJournal open = journal_for_runs(folder / "office.journal", options());
  const auto one = open(), other = open();
  REQUIRE(one.has_value());
  REQUIRE(other.has_value());
  record(**one, event::RunStarted{&plan});
  record(**other, event::RunStarted{&plan});
  record(**one, event::StepEnded{1, Outcome::failed, "no"});
  record(**other, event::StepEnded{1, Outcome::done, ""});
  record(**one, event::RunEnded{0, 1});
  record(**other, event::RunEnded{1});
  const auto runs = runs_in(content_of(folder / "office.journal"));
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].failures.size() == 1);
  CHECK(runs[1].failures.empty());
  CHECK(runs[1].steps.at("done") == 1);
}

TEST_CASE("a torn last line is cut off when the journal is opened again") {
  const TemporaryFolder folder;
  const auto path = folder / "journal";
  const auto mended = [&](const std::string& text) {
    write_content(path, text);
    opened(path);
    return content_of(path);
  };
  CHECK(mended("") == "");
  CHECK(mended("{\"a\":1}\n") == "{\"a\":1}\n");
  CHECK(mended("{\"a\":1}\n{\"b\":") == "{\"a\":1}\n");
  CHECK(mended("{\"b\":") == "");
  const std::string whole = std::string(200000, 'x') + "\n";
  CHECK(mended(whole + std::string(300000, 'y')) == whole);
  CHECK(mended(whole + std::string(65536, '\0')) == whole);
}

TEST_CASE("whatever the file held, whole lines stay and new ones are whole") {
  CHECK(rc::check("journal", [](const std::string& before) {
    const TemporaryFolder folder;
    const Plan plan;
    write_content(folder / "journal", before);
    auto journal = open_journal(folder / "journal", options());
    RC_ASSERT(journal.has_value());
    RC_ASSERT((*journal)->record(event::RunStarted{&plan}).has_value());
    const std::string kept = before.substr(0, before.rfind('\n') + 1);
    const std::string after = content_of(folder / "journal");
    RC_ASSERT(after.substr(0, kept.size()) == kept);
    RC_ASSERT(after.substr(kept.size()).find("{\"type\":\"run_started\"") == 0U);
    RC_ASSERT(lines_in(after) == lines_in(kept) + 1);
  }));
}

TEST_CASE("a journal that would grow too long is put aside, once") {
  const TemporaryFolder folder;
  const Plan plan = plan_from_text("nas destroy tank/a@1=1");
  const auto path = folder / "journal";
  const auto journal = opened(path, options(1000));
  record(*journal, event::RunStarted{&plan});
  const std::string first = content_of(path);
  for (int i = 0; i < 20; ++i) record(*journal, event::StepStarted{1});
  CHECK(content_of(path).size() <= 1000);
  const std::string old = content_of(folder / "journal.1");
  CHECK(old.size() <= 1000);
  CHECK(old.find("run_started") == std::string::npos);  // that was in the one before
  CHECK(old.back() == '\n');
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    files += entry.is_regular_file();
  }
  CHECK(files == 2);
  CHECK(first.size() <= 1000);
}

TEST_CASE("events that belong together are written together") {
  const TemporaryFolder folder;
  const Plan plan = plan_from_text("nas destroy tank/a@1=1\nnas destroy tank/b@1=1");
  const auto journal = opened(folder / "journal");
  const std::vector<Event> events{event::RunStarted{&plan}, event::StepStarted{1},
                                  event::StepStarted{2}};
  REQUIRE(journal->record_all(events).has_value());
  CHECK(lines_in(content_of(folder / "journal")) == 3);
}

TEST_CASE("a journal that can't be written is an error that names it, and leaves no torn line") {
  const TemporaryFolder folder;
  const Plan plan = plan_from_text("nas destroy tank/a@1=1");
  const auto path = folder / "journal";
  const auto journal = opened(path);
  record(*journal, event::RunStarted{&plan});
  const std::string before = content_of(path);

  // As a full disk would: part of the line is written, then no more.
  rlimit old_limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &old_limit) == 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{before.size() + 20, old_limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  const auto result = journal->record(event::StepStarted{1});
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &old_limit) == 0);
  std::signal(SIGXFSZ, old_handler);

  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().message.find("cannot write the journal " + path.string()) == 0);
  CHECK(content_of(path) == before);
}

TEST_CASE("a journal that can't be opened is an error that names it") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "journal");
  const auto folder_there = open_journal(folder / "journal");
  REQUIRE_FALSE(folder_there);
  CHECK(folder_there.error().message.find((folder / "journal").string()) != std::string::npos);
  std::filesystem::create_symlink("/dev/null", folder / "link");
  CHECK_FALSE(open_journal(folder / "link"));
  CHECK_FALSE(open_journal("/dev/null"));
}
