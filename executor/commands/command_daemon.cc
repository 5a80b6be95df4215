#include "executor/commands/command_daemon.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "executor/commands/application.h"
#include "executor/commands/planning.h"
#include "executor/commands/site.h"
#include "executor/commands/state_folder.h"
#include "executor/daemon/daemon.h"
#include "executor/daemon/live_run.h"
#include "executor/daemon/systemd.h"
#include "executor/run/lock.h"
#include "planner/render_text.h"

namespace zr {
namespace {

namespace fs = std::filesystem;
using Level = DaemonLog::Level;

// Nobody watches; who reads the log wants to know what changed and what went wrong.
class LogAudience final : public Audience {
 public:
  LogAudience(DaemonLog& log, std::string who, Progress& live)
      : log_(log),
        who_(std::move(who)),
        progress_(plain_progress([this](std::string_view text) { say(Level::info, text); })),
        both_(*progress_, live) {}

  void planned(const Plan& plan) override {
    for (const Conflict& conflict : plan.conflicts) {
      std::string place = conflict.host.value;
      if (conflict.dataset) place += ":" + escaped(*conflict.dataset);
      say(Level::warning, fmt::format("{}: {} ({}); {}", place, escaped(conflict.message),
                                      to_string(conflict.kind), escaped(conflict.help)));
    }
    std::map<std::string, std::size_t> stay;  // by the reason
    for (const Blocked& blocked : plan.blocked) ++stay[blocked.reason];
    for (const auto& [reason, count] : stay)
      say(Level::warning, fmt::format("{} snapshot{} stay{}: {}", count, count == 1 ? "" : "s",
                                      count == 1 ? "s" : "", escaped(reason)));
    if (plan.noop()) say(Level::debug, "nothing to do");
  }
  Progress& progress() override { return both_; }
  void carried_out(const Plan&, const RunReport& report) override {
    using event::Outcome;
    const std::size_t failed = report.count(Outcome::failed);
    say(failed > 0 ? Level::error : Level::info,
        fmt::format("{} of {} steps done, {} failed, {} skipped{}", report.count(Outcome::done),
                    report.entries.size(), failed, report.count(Outcome::skipped),
                    report.interrupted ? ", interrupted" : ""));
    if (!report.trouble.empty()) say(Level::error, report.trouble);
  }
  void plans_again() override {
    say(Level::info, "planning again, since some of it did not fit any more");
  }

 private:
  void say(Level level, std::string_view text) { log_.say(level, who_, text); }

  DaemonLog& log_;
  const std::string who_;
  const std::unique_ptr<Progress> progress_;
  BothProgress both_;
};

// Where the daemon of a site keeps what is its own.
struct DaemonPlaces {
  fs::path state, memory, socket, journal;
};

std::variant<DaemonPlaces, Failure> places_of(const Policy& policy) {
  const auto state = state_folder(policy);
  if (!state) return Failure::because(ExitStatus::failed, state.error().message);
  const std::string& site = policy.site.value;
  return DaemonPlaces{*state, *state / (site + ".daemon"), socket_in(*state, policy),
                      journal_in(*state, policy)};
}

ReloadPolicy reload_of(const std::string& path, const Policy& first, const DaemonPlaces& places) {
  return [path, site = first.site, places]() -> std::variant<Policy, std::string> {
    auto loaded = load_site(path, {});
    if (const auto* failure = std::get_if<Failure>(&loaded)) return failure->text;
    Policy& policy = std::get<Site>(loaded).policy;
    if (policy.site != site)
      return fmt::format("the site is called {} now; a daemon of that name is another one",
                         policy.site.value);
    const auto now = places_of(policy);
    if (const auto* failure = std::get_if<Failure>(&now)) return failure->text;
    if (std::get<DaemonPlaces>(now).state != places.state)
      return fmt::format("its state is kept in {} now; a restart is needed for that",
                         std::get<DaemonPlaces>(now).state.string());
    return std::move(policy);
  };
}

}  // namespace

Outcome daemon(const DaemonCommand& command, std::chrono::seconds zfs_timeout,
               const Outside& outside, const Console& console) {
  auto loaded = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&loaded)) return *failure;
  auto& [policy, warnings] = std::get<Site>(loaded);
  console.err << warnings;
  if (policy.jobs().empty())
    return Failure::because(ExitStatus::wrong, command.site + " has no job to run",
                            "an `autosnap`, `push`, `pull` or `prune` is one");
  const auto found = places_of(policy);
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  const auto& places = std::get<DaemonPlaces>(found);
  const auto lock =
      take_lock(policy, places.state, "zrepl daemon " + command.site, outside.clock());
  if (const auto* failure = std::get_if<Failure>(&lock)) return *failure;

  auto given = Systemd::take_socket();
  auto socket = given.get() >= 0 ? Result<ControlSocket>(ControlSocket(std::move(given)))
                                 : ControlSocket::listen(places.socket);
  if (!socket) return Failure::because(ExitStatus::failed, socket.error().message);

  DaemonLog log([&console](std::string_view text) { console.err << text; }, Systemd::has_journal(),
                outside.clock);
  const OpenJournal journal = journal_for_runs(places.journal, {.now = outside.clock});
  const RunJobs run = [&](const Policy& jobs, const RunOrder& order, Progress& live,
                          const std::stop_token& stop) {
    const std::string who = order.name.str();
    Task task;
    task.policy = jobs;
    task.now = order.now;
    task.target = command.site;
    // While this lives nobody else can apply.
    task.command = fmt::format("zrepl wake {} {}", shown(command.site), who);
    task.allow_budget = order.allow_budget;
    task.retry_for = command.retry_for;
    const Connect connect = outside.connect(jobs, reach_of(jobs, order.now, zfs_timeout));
    LogAudience audience(log, who, live);
    const Outcome outcome = Application(task, connect, journal, audience, stop).run();
    const auto* failure = std::get_if<Failure>(&outcome);
    if (failure) log.say(Level::error, who, failure->text);
    return failure ? failure->status : std::get<ExitStatus>(outcome);
  };
  const ReloadPolicy reload = reload_of(command.site, policy, places);
  run_daemon(policy, {run, reload, outside.clock, log, outside.reload_fd, outside.stop,
                      places.memory, *std::move(socket)});
  return ExitStatus::done;
}

Outcome control(const ControlCommand& command, const Outside& outside, const Console& console) {
  auto loaded = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&loaded)) return *failure;
  const Policy& policy = std::get<Site>(loaded).policy;
  const auto job = find_job(policy, command.job);
  if (const auto* failure = std::get_if<Failure>(&job)) return *failure;
  const auto places = places_of(policy);
  if (const auto* failure = std::get_if<Failure>(&places)) return *failure;
  const ControlRequest request{command.call, std::get<JobId>(job), command.wait,
                               command.allow_budget};
  const auto reply = ask_daemon(std::get<DaemonPlaces>(places).socket, request, outside.stop);
  if (!reply)
    return Failure::because(ExitStatus::failed, reply.error().message,
                            "is one running? zrepl daemon " + shown(command.site));
  if (!reply->error.empty()) return Failure::because(ExitStatus::failed, reply->error);
  return static_cast<ExitStatus>(reply->status.value_or(0));
}

}  // namespace zr
