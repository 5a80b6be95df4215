#include "executor/commands/command_status.h"

#include <poll.h>
#include <unistd.h>

#include <mutex>
#include <thread>
#include <utility>

#include "executor/commands/planning.h"
#include "executor/commands/screen.h"
#include "executor/commands/site.h"
#include "executor/commands/state_folder.h"
#include "executor/daemon/control_socket.h"
#include "executor/report/status_report.h"
#include "executor/run/history.h"

namespace zr {
namespace {

using std::chrono::seconds;

constexpr seconds between_looks{60};

class Watcher {
 public:
  Watcher(const Policy& policy, const StatusCommand& command, std::chrono::seconds zfs_timeout,
          const Outside& outside, std::filesystem::path state)
      : policy_(policy),
        command_(command),
        zfs_timeout_(zfs_timeout),
        outside_(outside),
        state_(std::move(state)) {}

  // What the daemon says, and without one the journal.
  std::variant<StatusOf, Failure> ask() const {
    StatusOf status;
    status.site = policy_.file;
    status.site_name = policy_.site.value;
    status.policy_hash = policy_.hash;
    status.now = std::chrono::floor<seconds>(outside_.clock());
    const ControlRequest request{ControlRequest::Call::status, {}, false};
    auto reply = ask_daemon(socket_in(state_, policy_), request, outside_.stop);
    if (reply && reply->daemon) {
      status.daemon = std::move(reply->daemon);
    } else if (reply) {
      return Failure::because(ExitStatus::failed, reply->error);
    } else {
      auto run = read_last_run(journal_in(state_, policy_));
      if (!run) return Failure::because(ExitStatus::failed, run.error().message);
      status.last_run = *std::move(run);
    }
    return status;
  }

  std::variant<Health, Failure> look(std::stop_token stop) const {
    const Millis now = outside_.clock();
    const Connect connect = outside_.connect(policy_, reach_of(policy_, now, zfs_timeout_));
    auto world = observe_now(policy_, connect, std::move(stop));
    if (auto* failure = std::get_if<Failure>(&world)) return *failure;
    return judge_health(policy_, std::get<World>(world), now);
  }

  Outcome once(const Console& console) const {
    auto asked = ask();
    if (auto* failure = std::get_if<Failure>(&asked)) return *failure;
    StatusOf& status = std::get<StatusOf>(asked);
    if (!command_.no_hosts) {
      auto looked = look(outside_.stop);
      if (auto* failure = std::get_if<Failure>(&looked)) return *failure;
      status.health = std::get<Health>(std::move(looked));
    }
    console.out << (command_.json ? status_to_json(status) : status_to_text(status));
    const bool is_well = !status.health || status.health->status() == HealthStatus::ok;
    return is_well ? ExitStatus::done : ExitStatus::conflicts;
  }

  Outcome watch(const Console& console) const {
    std::mutex mutex;  // guards health
    std::optional<Health> health;
    const std::jthread looker([&](const std::stop_token& stop) {
      while (!command_.no_hosts && !stop.stop_requested()) {
        auto looked = look(stop);
        if (auto* found = std::get_if<Health>(&looked)) {
          const std::lock_guard lock(mutex);
          health = std::move(*found);
        }
        pause_for(between_looks, stop);
      }
    });
    Screen screen(console.out);
    while (!outside_.stop.stop_requested()) {
      auto asked = ask();
      if (auto* failure = std::get_if<Failure>(&asked)) return *failure;
      StatusOf& status = std::get<StatusOf>(asked);
      {
        const std::lock_guard lock(mutex);
        status.health = health;
      }
      screen.show(status_to_text(status), terminal_size(STDOUT_FILENO));
      pause_for(seconds(1), outside_.stop);
    }
    return ExitStatus::done;
  }

 private:
  static void pause_for(std::chrono::milliseconds time, const std::stop_token& stop) {
    const StopWake stopped(stop);
    pollfd fd{stopped.fd(), POLLIN, 0};
    ::poll(&fd, 1, static_cast<int>(time.count()));
  }

  const Policy& policy_;
  const StatusCommand& command_;
  const std::chrono::seconds zfs_timeout_;
  const Outside& outside_;
  const std::filesystem::path state_;
};

}  // namespace

Outcome status(const StatusCommand& command, std::chrono::seconds zfs_timeout,
               const Outside& outside, const Console& console) {
  auto loaded = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&loaded)) return *failure;
  const Policy& policy = std::get<Site>(loaded).policy;
  const auto state = state_folder(policy);
  if (!state) return Failure::because(ExitStatus::failed, state.error().message);
  const Watcher watcher(policy, command, zfs_timeout, outside, *state);
  if (!command.watch) return watcher.once(console);
  if (::isatty(STDOUT_FILENO) != 1)
    return Failure::because(ExitStatus::wrong, "--watch needs a terminal to draw on",
                            "without it the status is printed once");
  return watcher.watch(console);
}

}  // namespace zr
