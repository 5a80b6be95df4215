#include "executor/run/last_run.h"

#include <filesystem>
#include <system_error>

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

// What is before the run's end, down to its start.
void add_steps(LastRun& run, const std::string& name, std::string_view journal) {
  while (const auto line = take_last_line(journal)) {
    const bool start = is_of_type(*line, "run_started");
    if (!start && !is_of_type(*line, "step_ended")) continue;
    const auto entry = parse_journal_line(*line);
    if (!entry || entry->run != name) continue;
    if (start) {
      run.started = entry->time;
      run.bytes = entry->bytes;
      return;
    }
    if (entry->outcome == event::to_string(event::Outcome::failed)) ++run.failed_steps[entry->kind];
  }
}

}  // namespace

std::optional<LastRun> last_run_in(std::string_view journal) {
  while (const auto line = take_last_line(journal)) {
    if (!is_of_type(*line, "run_ended")) continue;
    const auto end = parse_journal_line(*line);
    if (!end) continue;
    LastRun run;
    run.ended = end->time;
    run.steps = end->steps;
    add_steps(run, end->run, journal);
    return run;
  }
  return std::nullopt;
}

Result<std::optional<LastRun>> read_last_run(const std::filesystem::path& journal) {
  std::error_code error;
  if (!std::filesystem::exists(journal, error) && !error) return {std::optional<LastRun>()};
  const auto text = read_regular_file(journal, most_bytes);
  if (!text) return text.error();
  return {last_run_in(*text)};
}

}  // namespace zr
