#include "executor/commands/application.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "executor/commands/planning.h"
#include "executor/commands/saved_plan.h"

namespace zr {
namespace {

RunOptions run_options(const Policy& policy, std::chrono::seconds retry_for) {
  RunOptions options;
  options.retry_for = retry_for;
  for (const auto& host : policy.hosts) {
    options.slots[host.name] = host.slots;
    if (host.rate_bytes_per_second) options.rates[host.name] = *host.rate_bytes_per_second;
  }
  return options;
}

ExitStatus status_of(const Plan& plan, const RunReport& report) {
  if (report.count(event::Outcome::failed) > 0) return ExitStatus::steps_failed;
  if (report.interrupted || !report.trouble.empty()) return ExitStatus::failed;
  return plan.conflicts.empty() ? ExitStatus::done : ExitStatus::conflicts;
}

// Whether the world turned out to be another than was planned for, or a stream was cut: a new plan
// may do what this one could not.
bool is_worth_planning_again(const RunReport& report) {
  if (report.interrupted || !report.trouble.empty()) return false;
  return std::any_of(report.entries.begin(), report.entries.end(),
                     [](const auto& entry) { return entry.remedy == Remedy::replan; });
}

}  // namespace

std::variant<Plan, Failure> fresh_plan(const Task& task, const Connect& connect, RunBudget& budget,
                                       std::stop_token stop) {
  auto world = observe_now(task.policy, connect, std::move(stop));
  if (auto* failure = std::get_if<Failure>(&world)) return *failure;
  Plan fresh = planned(task.policy, std::get<World>(world), task.now);
  budget.take(fresh, std::get<World>(world));
  if (!task.saved) return fresh;
  if (const auto difference = first_difference(*task.saved, fresh))
    return Failure::because(
        ExitStatus::stale,
        fmt::format("{} no longer fits what the hosts hold: {}; nothing was done", task.target,
                    *difference),
        fmt::format("make a new plan: zrepl plan {} --out PLAN", task.policy.file));
  return fresh;
}

Outcome Application::run() {
  auto made = fresh_plan(task_, connect_, budget_, stop_);
  if (const auto* failure = std::get_if<Failure>(&made)) return *failure;
  Plan plan = std::get<Plan>(std::move(made));
  bool some_failed = false;
  for (unsigned round = 1;; ++round) {
    audience_.planned(plan);
    if (auto refused = budget_.refusal(plan, task_.command)) {
      if (some_failed) refused->status = ExitStatus::steps_failed;
      return *refused;
    }
    Outcome outcome = carry_out(plan);
    const auto* status = std::get_if<ExitStatus>(&outcome);
    if (!status) return outcome;
    const ExitStatus all =
        *status == ExitStatus::conflicts && some_failed ? ExitStatus::steps_failed : *status;
    some_failed = some_failed || *status == ExitStatus::steps_failed;
    if (!plans_again_ || task_.saved || round == max_rounds) return all;
    made = fresh_plan(task_, connect_, budget_, stop_);
    // What failed has been told already.
    if (std::holds_alternative<Failure>(made)) return all;
    Plan next = std::get<Plan>(std::move(made));
    if (next.steps == plan.steps) return all;
    plan = std::move(next);
    audience_.plans_again();
  }
}

Outcome Application::carry_out(const Plan& plan) {
  plans_again_ = false;
  if (plan.noop() && !audience_.wants_empty_runs())
    return plan.conflicts.empty() ? ExitStatus::done : ExitStatus::conflicts;
  auto journal = plan.noop() ? no_journal() : journal_();
  if (!journal)
    return Failure::because(
        ExitStatus::failed, journal.error().message + "; nothing was done",
        "the journal is kept beside the lock; a host's `state` says in which folder");
  const RunReport report = zr::run(plan, connect_, **journal, audience_.progress(),
                                   run_options(task_.policy, task_.retry_for), stop_);
  budget_.add(plan, report);
  audience_.carried_out(plan, report);
  plans_again_ = is_worth_planning_again(report);
  return status_of(plan, report);
}

}  // namespace zr
