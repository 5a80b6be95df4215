#include "executor/commands/command_apply.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "executor/commands/application.h"
#include "executor/commands/apply_summary.h"
#include "executor/commands/planning.h"
#include "executor/commands/saved_plan.h"
#include "executor/commands/state_folder.h"
#include "executor/run/lock.h"
#include "executor/text_file.h"
#include "planner/json.h"
#include "planner/render.h"
#include "planner/render_text.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

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
  Task task;
  task.policy = std::move(std::get<Site>(site).policy);
  task.now = saved.now;
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
  Task task;
  task.policy = std::move(policy);
  task.now = command.now.value_or(outside.clock());
  return task;
}

std::variant<Task, Failure> task_of(const ApplyCommand& command, const Outside& outside,
                                    const Console& console) {
  auto text = read_text_file(command.target, max_document_bytes);
  if (!text) return wrong(text.error().message, "a site file or a saved plan is wanted here");
  if (is_saved_plan(*text)) return task_from_plan(command, *text, console);
  return task_from_site(command, std::move(*text), outside, console);
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

WriteText sink_to(std::ostream& stream) {
  return [&stream](std::string_view text) { stream << text << std::flush; };
}

std::unique_ptr<Progress> progress_for(bool json, const Outside& outside, const Console& console) {
  if (json) return json_progress(sink_to(console.out), outside.clock);
  if (console.err_is_terminal)
    return terminal_progress(sink_to(console.err), [] { return terminal_size(STDERR_FILENO); });
  return plain_progress(sink_to(console.err));
}

// A person at a terminal, or a program that reads events.
class ConsoleAudience final : public Audience {
 public:
  ConsoleAudience(const Policy& policy, bool json, const Outside& outside, const Console& console)
      : policy_(policy), json_(json), outside_(outside), console_(console) {}

  void planned(const Plan& plan) override {
    if (!json_) console_.out << render(plan, {console_.color_out}) << std::flush;
  }
  bool wants_empty_runs() const override { return json_; }
  Progress& progress() override {
    // Programs are told the version of their lines once.
    if (!progress_ || !json_) progress_ = progress_for(json_, outside_, console_);
    return *progress_;
  }
  void carried_out(const Plan& plan, const RunReport& report) override {
    if (!json_) console_.out << summary_of(plan, report, policy_.file);
    if (!report.trouble.empty()) fmt::print(console_.err, "error: {}\n", report.trouble);
  }
  void plans_again() override {
    console_.err << "planning again, since some of it did not fit any more\n";
  }

 private:
  const Policy& policy_;
  const bool json_;
  const Outside& outside_;
  const Console& console_;
  std::unique_ptr<Progress> progress_;
};

Outcome rehearse(const Task& task, const Connect& connect, bool json, const Outside& outside,
                 const Console& console) {
  RunBudget budget(task.policy, task.allow_budget);
  const auto made = fresh_plan(task, connect, budget, outside.stop);
  if (const auto* failure = std::get_if<Failure>(&made)) return *failure;
  const Plan& plan = std::get<Plan>(made);
  console.out << (json ? plan_to_json(plan) : render(plan, {console.color_out}));
  console.out.flush();
  if (const auto refused = budget.refusal(plan, task.command)) return *refused;
  console.err << "nothing was done (--dry-run)\n";
  return plan.conflicts.empty() ? ExitStatus::done : ExitStatus::conflicts;
}

}  // namespace

Outcome apply(const ApplyCommand& command, std::chrono::seconds zfs_timeout, const Outside& outside,
              const Console& console) {
  auto prepared = task_of(command, outside, console);
  if (auto* failure = std::get_if<Failure>(&prepared)) return *failure;
  Task& task = std::get<Task>(prepared);
  task.target = command.target;
  task.command = command_of(command);
  task.allow_budget = command.allow_budget;
  task.retry_for = command.retry_for;
  const Connect connect =
      outside.connect(task.policy, reach_of(task.policy, task.now, zfs_timeout));
  if (command.dry_run) return rehearse(task, connect, command.json, outside, console);
  const auto state = state_folder(task.policy);
  if (!state) return Failure::because(ExitStatus::failed, state.error().message);
  const auto lock =
      take_lock(task.policy, *state, "zrepl apply " + command.target, outside.clock());
  if (const auto* failure = std::get_if<Failure>(&lock)) return *failure;
  const OpenJournal journal =
      journal_for_runs(journal_in(*state, task.policy), {.now = outside.clock});
  ConsoleAudience audience(task.policy, command.json, outside, console);
  return Application(task, connect, journal, audience, outside.stop).run();
}

}  // namespace zr
