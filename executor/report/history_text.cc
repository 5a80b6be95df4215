#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "executor/progress/progress_text.h"
#include "executor/report/history_report.h"
#include "executor/report/text_table.h"
#include "planner/render.h"
#include "planner/render_text.h"

namespace zr {
namespace {

constexpr std::size_t most_messages = 3;    // of one run
constexpr std::size_t fewest_compared = 4;  // runs that have ended, to speak of a trend
constexpr std::size_t most_newest = 10;     // of those, to be held against all before them

std::string format_duration_of(std::optional<Millis::duration> duration) {
  if (!duration) return "-";
  return format_elapsed(
      std::chrono::round<std::chrono::seconds>(std::max(*duration, Millis::duration::zero())));
}

std::string format_bytes_of(std::optional<std::uint64_t> bytes) {
  return bytes ? format_bytes(*bytes) : "-";
}

// "31 done, 2 failed", without what did not happen.
std::string result_of(const PastRun& run) {
  std::vector<std::string> parts;
  for (const char* outcome : {"failed", "interrupted", "skipped", "done"}) {
    const auto n = run.steps.find(outcome);
    if (n != run.steps.end() && n->second > 0) {
      parts.push_back(fmt::format("{} {}", n->second, outcome));
    }
  }
  const std::string steps = fmt::format("{}", fmt::join(parts, ", "));
  if (run.ended) return steps.empty() ? "nothing done" : steps;
  return "did not end: it was killed, or is still going";
}

// Both ends of a stream fail alike: each message once.
std::vector<std::string> failures_of(const PastRun& run) {
  std::vector<std::string> lines;
  std::set<std::string> told;
  std::size_t more = 0;
  for (const PastRun::Failure& failure : run.failures) {
    if (!told.insert(failure.message).second) continue;
    if (lines.size() == most_messages) {
      ++more;
      continue;
    }
    lines.push_back(one_line(
        fmt::format("{} {}:{}: {}", failure.kind, failure.host, failure.dataset, failure.message)));
  }
  if (more > 0) lines.push_back(fmt::format("and {} more", more));
  return lines;
}

template <class T>
std::optional<T> median(std::vector<T> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

TextTable::Row summary_of(std::string name, std::span<const PastRun* const> runs) {
  std::vector<Millis::duration> durations;
  std::vector<std::uint64_t> sizes;
  std::size_t failed = 0;
  for (const PastRun* run : runs) {
    if (const auto duration = run->duration()) durations.push_back(*duration);
    if (run->bytes) sizes.push_back(*run->bytes);
    if (!run->failed_steps.empty()) ++failed;
  }
  return {std::move(name), format_duration_of(median(std::move(durations))),
          format_bytes_of(median(std::move(sizes))), fmt::format("{} with failures", failed)};
}

std::string trend_of(std::span<const PastRun> runs) {
  std::vector<const PastRun*> ended;
  for (const PastRun& run : runs) {
    if (run.ended) ended.push_back(&run);
  }
  if (ended.size() < fewest_compared) return {};
  const std::size_t newest = std::min(most_newest, ended.size() / 2);
  const std::span<const PastRun* const> all(ended);
  TextTable table("<>><");
  table.add({"median of", "took", "size", "runs"});
  table.add(summary_of(fmt::format("the newest {}", newest), all.last(newest)));
  table.add(summary_of(fmt::format("the {} before", all.size() - newest),
                       all.first(all.size() - newest)));
  return "\n" + table.text();
}

}  // namespace

std::string history_to_text(const HistoryOf& history) {
  const auto all = history.runs;
  const auto told = history.told();
  std::string out = fmt::format("site {} ({}): ", history.site_name, shown(history.site));
  if (all.empty()) return out + "its journal tells of no run\n";
  out += told.size() < all.size() ? fmt::format("the newest {} of {} runs", told.size(), all.size())
                                  : fmt::format("{} run{}", all.size(), all.size() == 1 ? "" : "s");
  out += "\n";
  TextTable table("<>><");
  table.add({"started", "took", "size", "steps"});
  for (auto run = told.rbegin(); run != told.rend(); ++run) {
    table.add(
        {run->started ? format_time(floor<std::chrono::seconds>(*run->started)) : "before that",
         format_duration_of(run->duration()), format_bytes_of(run->bytes), result_of(*run)},
        failures_of(*run));
  }
  return out + table.text() + trend_of(all);
}

}  // namespace zr
