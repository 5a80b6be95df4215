#include <fmt/format.h>

#include "planner/render_parts.h"
#include "planner/render_text.h"

namespace zr {
namespace {

// What has to be typed so that this plan is carried out.
std::string command_of(const Plan& plan) {
  std::string out = "zrepl apply " + shown(plan.site_file);
  for (const JobId& job : plan.only) out += " --job " + escaped(job.str());
  return out + " --allow-budget " + escaped(plan.budget_hash);
}

}  // namespace

std::string describe(const OverBudget& over) {
  std::string out;
  if (over.what == Budgeted::destroy) {
    out = fmt::format("destroys {} of {}", over.count, count_of(over.snapshots, "snapshot"));
  } else {
    out = fmt::format("creates {} snapshots and datasets", over.count);
    if (over.count == 1) out = "creates 1 snapshot or dataset";
  }
  if (over.before > 0) out += fmt::format(", {} of them before in this run", over.before);
  return out + (over.limit == 0
                    ? ", where the site's limits allow none in a run"
                    : fmt::format(", where the site's limits allow {} in a run", over.limit));
}

void render_budget(Page& page, const Plan& plan) {
  if (plan.over_budget.empty()) return;
  page.blank_line();
  page.add("Over budget", Paint::heading).end_line();
  for (const OverBudget& over : plan.over_budget) {
    page.add("  ").add(escaped(over.host.value), Paint::danger).add(" ").add(describe(over));
    page.end_line();
  }
  page.add("      help: if all of it is meant: ").add(command_of(plan)).end_line();
}

}  // namespace zr
