#include "executor/commands/apply_summary.h"

#include <fmt/format.h>

#include "executor/progress/progress_text.h"

namespace zr {
namespace {

using event::Outcome;

constexpr std::size_t most_lines = 20;

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// "2 failed:" and a line for each; a list that grows out of hand ends with a count.
std::string listed(const Plan& plan, const RunReport& report, Outcome outcome,
                   std::string_view heading) {
  const std::size_t count = report.count(outcome);
  if (count == 0) return {};
  std::string text = fmt::format("{} {}:\n", count, heading);
  std::size_t shown = 0;
  for (const RunReport::Entry& entry : report.entries) {
    if (entry.outcome != outcome) continue;
    if (shown++ == most_lines) {
      text += fmt::format("  … and {} more\n", count - most_lines);
      break;
    }
    text += "  " + describe(plan.step(entry.step));
    if (!entry.message.empty()) text += ": " + one_line(entry.message);
    text += "\n";
  }
  return text;
}

std::string next_thing(const Plan& plan, const RunReport& report, std::size_t remaining,
                       std::string_view site_file) {
  if (remaining > 0) {
    const bool failed = report.count(Outcome::failed) > 0 || !report.trouble.empty();
    return fmt::format("next: {}zrepl apply {}, which goes on from what the hosts hold then\n",
                       failed ? "mend what failed, then " : "", site_file);
  }
  if (plan.conflicts.empty()) return {};
  const std::size_t conflicts = plan.conflicts.size();
  return fmt::format("next: {} {} a person; the plan above says what to do\n",
                     counted(conflicts, "conflict"), conflicts == 1 ? "needs" : "need");
}

}  // namespace

std::string summary_of(const Plan& plan, const RunReport& report, std::string_view site_file) {
  const std::size_t done = report.count(Outcome::done);
  const std::size_t all = plan.steps.size();
  std::string text = "\n";
  if (report.interrupted) text += "interrupted; ";
  text += done == all ? fmt::format("done: {}\n", counted(all, "step"))
                      : fmt::format("done: {} of {}\n", done, counted(all, "step"));
  text += listed(plan, report, Outcome::failed, "failed");
  text += listed(plan, report, Outcome::skipped, "skipped");
  text += listed(plan, report, Outcome::interrupted,
                 report.interrupted ? "cut off or not started" : "not started");
  return text + next_thing(plan, report, all - done, site_file);
}

}  // namespace zr
