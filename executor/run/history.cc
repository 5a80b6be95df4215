#include "executor/run/history.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "executor/run/journal_json.h"
#include "executor/text_file.h"

namespace zr {
namespace {

// A journal is put aside long before it is that long.
constexpr std::size_t most_bytes = std::size_t{256} << 20;

// Lines of one type begin alike, so that of a long journal only a few are read.
bool is_of_type(std::string_view line, std::string_view type) {
  constexpr std::string_view begin = "{\"type\":\"";
  if (!line.starts_with(begin)) return false;
  line.remove_prefix(begin.size());
  return line.starts_with(type) && line.substr(type.size()).starts_with('"');
}

// The last whole line, taken off the end; none: there is none.
std::optional<std::string_view> take_last_line(std::string_view& text) {
  const std::size_t end = text.rfind('\n');
  if (end == text.npos) return std::nullopt;
  const std::size_t before = end == 0 ? text.npos : text.rfind('\n', end - 1);
  const std::size_t begin = before == text.npos ? 0 : before + 1;
  const std::string_view line = text.substr(begin, end - begin);
  text = text.substr(0, begin);
  return line;
}

bool is_failure(std::string_view line, const JournalLine& entry) {
  return is_of_type(line, "step_ended") &&
         entry.outcome == event::to_string(event::Outcome::failed);
}

// All that one line tells of its run, but for where a step failed.
void add(PastRun& run, std::string_view line, const JournalLine& entry) {
  if (is_of_type(line, "run_started")) {
    run.started = entry.time;
    run.bytes = entry.bytes;
  } else if (is_of_type(line, "run_ended")) {
    run.ended = entry.time;
    run.steps = entry.steps;
  } else if (is_failure(line, entry)) {
    ++run.failed_steps[entry.kind];
  }
}

// What is before the run's end, down to its start.
void add_steps(PastRun& run, const std::string& name, std::string_view journal) {
  while (const auto line = take_last_line(journal)) {
    const bool start = is_of_type(*line, "run_started");
    if (!start && !is_of_type(*line, "step_ended")) continue;
    const auto entry = parse_journal_line(*line);
    if (!entry || entry->run != name) continue;
    add(run, *line, *entry);
    if (start) return;
  }
}

// An empty text where there is no such file.
Result<std::string> text_of(const std::filesystem::path& journal) {
  std::error_code error;
  if (!std::filesystem::exists(journal, error) && !error) return std::string();
  return read_regular_file(journal, most_bytes);
}

}  // namespace

std::vector<PastRun> runs_in(std::string_view journal) {
  std::vector<PastRun> runs;
  std::map<std::string, std::size_t, std::less<>> known;  // by the name that its lines have
  for (std::size_t end = 0; (end = journal.find('\n')) != journal.npos;) {
    const std::string_view line = journal.substr(0, end);
    journal.remove_prefix(end + 1);
    if (!is_of_type(line, "run_started") && !is_of_type(line, "run_ended") &&
        !is_of_type(line, "step_ended") && !is_of_type(line, "step_started")) {
      continue;
    }
    auto entry = parse_journal_line(line);
    if (!entry) continue;
    const auto [place, is_new] = known.try_emplace(entry->run, runs.size());
    if (is_new) runs.emplace_back();
    PastRun& run = runs[place->second];
    add(run, line, *entry);
    if (is_failure(line, *entry) && run.failures.size() < PastRun::most_failures) {
      run.failures.push_back({std::move(entry->kind), std::move(entry->host),
                              std::move(entry->dataset), std::move(entry->message)});
    }
  }
  return runs;
}

Result<std::vector<PastRun>> read_runs(const std::filesystem::path& journal) {
  auto before = text_of(journal.string() + ".1");
  if (!before) return before.error();
  auto text = text_of(journal);
  if (!text) return text.error();
  *before += *text;
  return runs_in(*before);
}

std::optional<PastRun> last_run_in(std::string_view journal) {
  while (const auto line = take_last_line(journal)) {
    if (!is_of_type(*line, "run_ended")) continue;
    const auto end = parse_journal_line(*line);
    if (!end) continue;
    PastRun run;
    add(run, *line, *end);
    add_steps(run, end->run, journal);
    return run;
  }
  return std::nullopt;
}

Result<std::optional<PastRun>> read_last_run(const std::filesystem::path& journal) {
  const auto text = text_of(journal);
  if (!text) return text.error();
  return {last_run_in(*text)};
}

}  // namespace zr
