#include "executor/commands/run_budget.h"

#include <fmt/format.h>

#include "planner/render.h"
#include "planner/render_text.h"

namespace zr {

void RunBudget::take(Plan& plan, const World& world) {
  charges_ = charges_of(plan, world);
  judge_budget(plan, charges_, policy_, world, so_far_);
}

std::optional<Failure> RunBudget::refusal(const Plan& plan, const std::string& command) const {
  if (plan.over_budget.empty() || (is_first_ && allowed_ == plan.budget_hash)) return std::nullopt;
  std::string subject = is_first_ ? "the plan" : "the new plan";
  if (is_first_ && allowed_)
    subject = fmt::format("--allow-budget {} does not name this plan, which", escaped(*allowed_));
  std::string hosts;
  for (const OverBudget& over : plan.over_budget)
    hosts +=
        fmt::format("{}on {} it {}", hosts.empty() ? "" : "; ", over.host.value, describe(over));
  return Failure::because(
      ExitStatus::conflicts,
      fmt::format("{} is over budget: {}. Nothing {}was done", subject, hosts,
                  is_first_ ? "" : "more "),
      fmt::format("look at the plan; if all of it is meant: {} --allow-budget {}", command,
                  plan.budget_hash));
}

void RunBudget::add(const Plan& plan, const RunReport& report) {
  for (const auto& [step, charge] : charges_) {
    if (is_first_ && !plan.over_budget.empty()) so_far_.allowed.insert(charge);
    const auto outcome = report.entries.at(step - 1).outcome;
    if (outcome == event::Outcome::done || outcome == event::Outcome::failed)
      so_far_.done.insert(charge);
  }
  is_first_ = false;
}

}  // namespace zr
