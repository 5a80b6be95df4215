#include "executor/commands/command_apply.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "executor/commands/apply_summary.h"
#include "executor/commands/planning.h"
#include "executor/commands/run_budget.h"
#include "executor/commands/saved_plan.h"
#include "executor/commands/state_folder.h"
#include "executor/progress/progress.h"
#include "executor/run/journal.h"
#include "executor/run/lock.h"
#include "executor/run/run.h"
#include "executor/text_file.h"
#include "planner/json.h"
#include "planner/render.h"
#include "planner/render_text.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

// What is to be applied: a site's policy at one moment, perhaps by a plan that was reviewed.
struct Task {
  Policy policy;
  Millis now{};
  std::optional<Plan> saved;
};

Failure wrong(const std::string& message, std::string_view help = {}) {
  return Failure::because(ExitStatus::wrong, message, help);
}

std::variant<Task, Failure> task_from_plan(const ApplyCommand& command, const std::string& text,
                                           const Console& console) {
  if (command.site_only)
    return wrong(fmt::format("{} is a saved plan; a site file is wanted here", command.target),
                 "to carry a saved plan out: zrepl apply " + command.target);
  if (!command.jobs.empty() || command.now)
    return wrong(fmt::format("{} is a saved plan: --job and --now were decided when it was made",
                             command.target));
  auto plan = read_saved_plan(text, command.target);
  if (auto* failure = std::get_if<Failure>(&plan)) return *failure;
  Plan& saved = std::get<Plan>(plan);
  auto site = find_site(saved, command.target, command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  console.err << std::get<Site>(site).warnings;
  Task task{std::move(std::get<Site>(site).policy), saved.now, {}};
  task.policy.only = saved.only;
  task.saved = std::move(saved);
  return task;
}

std::variant<Task, Failure> task_from_site(const ApplyCommand& command, std::string text,
                                           const Outside& outside, const Console& console) {
  if (command.site)
    return wrong(fmt::format("{} is no saved plan, so --site is of no use", command.target));
  auto site = compile_site(command.target, std::move(text), style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  Policy& policy = std::get<Site>(site).policy;
  console.err << std::get<Site>(site).warnings;
  if (command.now && !only_sim_hosts(policy))
    return wrong("--now is for sites whose hosts are all sim hosts; this one has real ones",
                 "to see a plan for another time: zrepl plan SITE --now TIME");
  if (auto failure = select_jobs(policy, command.jobs)) return *failure;
  return Task{std::move(policy), command.now.value_or(outside.clock()), {}};
}

std::variant<Task, Failure> task_of(const ApplyCommand& command, const Outside& outside,
                                    const Console& console) {
  auto text = read_text_file(command.target, max_document_bytes);
  if (!text) return wrong(text.error().message, "a site file or a saved plan is wanted here");
  if (is_saved_plan(*text)) return task_from_plan(command, *text, console);
  return task_from_site(command, std::move(*text), outside, console);
}

std::variant<SiteLock, Failure> take_lock(const Policy& policy, const fs::path& state,
                                          const std::string& target, Millis now) {
  auto lock = lock_site(state, policy.site, this_process("zrepl apply " + target, now));
  if (!lock)
    return Failure::because(ExitStatus::failed, lock.error().message + "; nothing was done");
  if (const auto* held = std::get_if<LockHeld>(&*lock))
    return Failure::because(ExitStatus::locked, held->message);
  return std::get<SiteLock>(std::move(*lock));
}

// What was typed, as far as it decides about the plan.
std::string command_of(const ApplyCommand& command) {
  const std::string target = shown(command.target);
  const auto job = command.jobs.empty() ? std::nullopt : JobId::parse(command.jobs.front());
  if (command.site_only && job)
    return fmt::format("zrepl {} {} {}", to_string(job->kind), target, job->name);
  std::string text = "zrepl apply " + target;
  for (const std::string& name : command.jobs) text += " --job " + name;
  return text;
}

// The plan for the world as it is. Where there is a saved one, the two have to do the same.
std::variant<Plan, Failure> fresh_plan(const Task& task, const Connect& connect, RunBudget& budget,
                                       std::string_view target, const Outside& outside) {
  auto world = observe_now(task.policy, connect, outside.stop);
  if (auto* failure = std::get_if<Failure>(&world)) return *failure;
  Plan fresh = planned(task.policy, std::get<World>(world), task.now);
  budget.take(fresh, std::get<World>(world));
  if (!task.saved) return fresh;
  if (const auto difference = first_difference(*task.saved, fresh))
    return Failure::because(
        ExitStatus::stale,
        fmt::format("{} no longer fits what the hosts hold: {}; nothing was done", target,
                    *difference),
        fmt::format("make a new plan: zrepl plan {} --out PLAN", task.policy.file));
  return fresh;
}

WriteText sink_to(std::ostream& stream) {
  return [&stream](std::string_view text) { stream << text << std::flush; };
}

std::unique_ptr<Progress> progress_for(bool json, const Outside& outside, const Console& console) {
  if (json) return json_progress(sink_to(console.out), outside.clock);
  if (console.err_is_terminal)
    return terminal_progress(sink_to(console.err), [] { return terminal_size(STDERR_FILENO); });
  return plain_progress(sink_to(console.err));
}

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

// One apply: as many plans as it takes, mostly one.
class Application {
 public:
  Application(const Task& task, const Connect& connect, fs::path journal_file,
              const ApplyCommand& command, const Outside& outside, const Console& console)
      : task_(task),
        connect_(connect),
        journal_file_(std::move(journal_file)),
        command_(command),
        outside_(outside),
        console_(console),
        budget_(task.policy, command.allow_budget) {}

  Outcome run() {
    auto made = fresh_plan(task_, connect_, budget_, command_.target, outside_);
    if (const auto* failure = std::get_if<Failure>(&made)) return *failure;
    Plan plan = std::get<Plan>(std::move(made));
    bool some_failed = false;
    for (unsigned round = 1;; ++round) {
      if (!command_.json) console_.out << render(plan, {console_.color_out}) << std::flush;
      if (auto refused = budget_.refusal(plan, command_of(command_))) {
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
      made = fresh_plan(task_, connect_, budget_, command_.target, outside_);
      // What failed has been told already.
      if (std::holds_alternative<Failure>(made)) return all;
      Plan next = std::get<Plan>(std::move(made));
      if (next.steps == plan.steps) return all;
      plan = std::move(next);
      console_.err << "planning again, since some of it did not fit any more\n";
    }
  }

 private:
  static constexpr unsigned max_rounds = 10;

  Outcome carry_out(const Plan& plan) {
    plans_again_ = false;
    if (plan.noop() && !command_.json)
      return plan.conflicts.empty() ? ExitStatus::done : ExitStatus::conflicts;
    auto journal =
        plan.noop() ? no_journal() : open_journal(journal_file_, {.now = outside_.clock});
    if (!journal)
      return Failure::because(
          ExitStatus::failed, journal.error().message + "; nothing was done",
          "the journal is kept beside the lock; a host's `state` says in which folder");
    // Programs are told the version of their lines once.
    if (!progress_ || !command_.json) progress_ = progress_for(command_.json, outside_, console_);
    const RunReport report = zr::run(plan, connect_, **journal, *progress_,
                                     run_options(task_.policy, command_.retry_for), outside_.stop);
    budget_.add(plan, report);
    if (!command_.json) console_.out << summary_of(plan, report, task_.policy.file);
    if (!report.trouble.empty()) fmt::print(console_.err, "error: {}\n", report.trouble);
    plans_again_ = is_worth_planning_again(report);
    return status_of(plan, report);
  }

  const Task& task_;
  const Connect& connect_;
  const fs::path journal_file_;
  const ApplyCommand& command_;
  const Outside& outside_;
  const Console& console_;
  RunBudget budget_;
  std::unique_ptr<Progress> progress_;
  bool plans_again_ = false;
};

Outcome rehearse(const Task& task, const Connect& connect, const ApplyCommand& command,
                 const Outside& outside, const Console& console) {
  RunBudget budget(task.policy, command.allow_budget);
  const auto made = fresh_plan(task, connect, budget, command.target, outside);
  if (const auto* failure = std::get_if<Failure>(&made)) return *failure;
  const Plan& plan = std::get<Plan>(made);
  console.out << (command.json ? plan_to_json(plan) : render(plan, {console.color_out}));
  console.out.flush();
  if (const auto refused = budget.refusal(plan, command_of(command))) return *refused;
  console.err << "nothing was done (--dry-run)\n";
  return plan.conflicts.empty() ? ExitStatus::done : ExitStatus::conflicts;
}

}  // namespace

Outcome apply(const ApplyCommand& command, std::chrono::seconds zfs_timeout, const Outside& outside,
              const Console& console) {
  auto prepared = task_of(command, outside, console);
  if (auto* failure = std::get_if<Failure>(&prepared)) return *failure;
  const Task& task = std::get<Task>(prepared);
  const Connect connect =
      outside.connect(task.policy, reach_of(task.policy, task.now, zfs_timeout));
  if (command.dry_run) return rehearse(task, connect, command, outside, console);
  const auto state = state_folder(task.policy);
  if (!state) return Failure::because(ExitStatus::failed, state.error().message);
  const auto lock = take_lock(task.policy, *state, command.target, outside.clock());
  if (const auto* failure = std::get_if<Failure>(&lock)) return *failure;
  return Application(task, connect, journal_in(*state, task.policy), command, outside, console)
      .run();
}

}  // namespace zr
