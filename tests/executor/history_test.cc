// What a journal says of past runs: of one that is whole, torn, hostile, or cut in two.
#include "executor/run/history.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <fstream>

#include "executor/run/journal.h"
#include "tests/executor/plan_text.h"
#include "tests/executor/temporary_folder.h"

using namespace zr;
using namespace std::chrono_literals;

namespace {

std::string started(const std::string& run, int minute) {
  return R"({"type":"run_started","time":"2026-11-22T06:)" + std::to_string(minute) +
         R"(:00Z","run":")" + run + R"(","site":"a","bytes":4096})" + "\n";
}
std::string step(const std::string& run, const std::string& kind, const std::string& outcome) {
  return R"({"type":"step_ended","time":"2026-11-22T06:31:00Z","run":")" + run + R"(","kind":")" +
         kind + R"(","outcome":")" + outcome + "\"}\n";
}
std::string ended(const std::string& run, int minute) {
  return R"({"type":"run_ended","time":"2026-11-22T06:)" + std::to_string(minute) +
         R"(:00Z","run":")" + run + R"(","done":5,"failed":2,"skipped":1,"interrupted":0})" + "\n";
}

}  // namespace

TEST_CASE("the last run that ended counts, and what failed in it") {
  const std::string journal = started("old", 10) + step("old", "hold", "failed") +
                              ended("old", 12) + started("a", 30) + step("a", "send", "failed") +
                              step("a", "recv", "failed") + step("a", "send", "failed") +
                              step("a", "destroy", "done") + ended("a", 34);
  const auto run = last_run_in(journal + started("going", 40) + step("going", "hold", "failed"));
  REQUIRE(run.has_value());
  CHECK(*run->started + 4min == run->ended);
  CHECK(run->bytes == 4096);
  CHECK(run->steps == std::map<std::string, std::uint64_t>{
                          {"done", 5}, {"failed", 2}, {"interrupted", 0}, {"skipped", 1}});
  CHECK(run->failed_steps == std::map<std::string, std::uint64_t>{{"recv", 1}, {"send", 2}});
}

TEST_CASE("a run whose beginning was put aside has no duration") {
  const auto run = last_run_in(step("a", "send", "failed") + ended("a", 34));
  REQUIRE(run.has_value());
  CHECK(!run->started);
  CHECK(!run->bytes);
  CHECK(run->failed_steps.at("send") == 1);
}

TEST_CASE("every run is told of, those that were cut off as well") {
  const auto runs = runs_in(step("old", "hold", "failed") + ended("old", 40) + started("a", 10) +
                            step("a", "send", "failed") + step("a", "recv", "failed") +
                            step("a", "destroy", "done") + ended("a", 14) + started("b", 20) +
                            step("b", "destroy", "done") + started("c", 30) + ended("c", 31));
  REQUIRE(runs.size() == 4);
  CHECK(!runs[0].started);
  CHECK(!runs[0].duration());
  CHECK(runs[0].ended.has_value());
  CHECK(runs[1].duration() == 4min);
  CHECK(runs[1].bytes == 4096);
  CHECK(runs[1].failed_steps == std::map<std::string, std::uint64_t>{{"recv", 1}, {"send", 1}});
  CHECK(runs[1].failures.size() == 2);
  CHECK(!runs[2].ended);
  CHECK(runs[2].steps.empty());
  CHECK(runs[3].failures.empty());
}

TEST_CASE("runs beside one another are kept apart") {
  const auto runs = runs_in(started("a", 10) + started("b", 11) + step("a", "send", "failed") +
                            ended("b", 12) + step("a", "hold", "failed") + ended("a", 15));
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].duration() == 5min);
  CHECK(runs[0].failures.size() == 2);
  CHECK(runs[1].duration() == 1min);
  CHECK(runs[1].failures.empty());
}

TEST_CASE("of a run with very many failures a hundred are told, and all are counted") {
  std::string journal = started("a", 10);
  for (int i = 0; i < 250; ++i) journal += step("a", "send", "failed");
  const auto runs = runs_in(journal);
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].failures.size() == PastRun::most_failures);
  CHECK(runs[0].failed_steps.at("send") == 250);
}

TEST_CASE("a run that began in the journal that was put aside is one") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "site.journal";
  std::ofstream(path.string() + ".1") << started("old", 11) << ended("old", 12) << started("a", 10);
  std::ofstream(path) << ended("a", 13) << started("torn", 20).substr(0, 40);
  const auto runs = read_runs(path);
  REQUIRE(runs.has_value());
  REQUIRE(runs->size() == 2);
  CHECK((*runs)[1].duration() == 3min);
  CHECK(read_runs(folder.path() / "other.journal")->empty());
  std::filesystem::create_directory(folder.path() / "folder");
  CHECK(!read_runs(folder.path() / "folder").has_value());
}

TEST_CASE("what is no whole line of a journal is passed over") {
  CHECK(!last_run_in(""));
  CHECK(!last_run_in("\n\n"));
  CHECK(!last_run_in(started("a", 10)));
  const std::string whole = started("a", 10) + ended("a", 11);
  const std::string torn = ended("a", 12);
  CHECK(last_run_in(whole + torn.substr(0, torn.size() - 1)) == last_run_in(whole));
  CHECK(last_run_in(whole + "{\"type\":\"run_ended\",\"time\":7}\n") == last_run_in(whole));
  CHECK(last_run_in(whole + "{\"type\":\"run_ended\"\n[]\n") == last_run_in(whole));
}

TEST_CASE("a journal that this program wrote is read") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "site.journal";
  CHECK(!read_last_run(path).value());
  const Plan plan;
  {
    auto journal = open_journal(path, {1 << 20, [] { return Millis(1795329000s); }});
    REQUIRE(journal.has_value());
    CHECK((*journal)->record(event::RunStarted{&plan}).has_value());
    CHECK((*journal)->record(event::RunEnded{3, 0, 0, 0}).has_value());
  }
  const auto run = read_last_run(path).value();
  REQUIRE(run.has_value());
  CHECK(run->ended == Millis(1795329000s));
  CHECK(run->started == run->ended);
  CHECK(run->steps.at("done") == 3);
  std::filesystem::create_directory(folder.path() / "folder");
  CHECK(!read_last_run(folder.path() / "folder").has_value());
}
