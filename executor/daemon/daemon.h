#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "executor/daemon/control_socket.h"
#include "executor/daemon/daemon_log.h"
#include "executor/daemon/dispatcher.h"
#include "executor/exit_status.h"
#include "executor/progress/progress.h"

namespace zr {

// One run of a daemon.
struct RunOrder {
  JobId name;  // what to call it
  Millis now{};
  std::optional<std::string> allow_budget;  // as `apply --allow-budget`
};
// Carries out the jobs that the policy is restricted to. Called on a thread of its own, several at
// once; `live` is told what happens. Returns soon after the stop.
using RunJobs =
    std::function<ExitStatus(const Policy&, const RunOrder&, Progress& live, std::stop_token)>;
// The policy as its file has it now, or why it can't be used.
using ReloadPolicy = std::function<std::variant<Policy, std::string>()>;

// What a daemon has of the outside. All of it outlives the daemon.
struct DaemonParts {
  RunJobs run;
  ReloadPolicy reload;
  WallClock clock;
  DaemonLog& log;
  int reload_fd = -1;  // an eventfd: readable when the policy is to be read again; -1: never
  std::stop_token stop;
  std::filesystem::path memory;               // executor/daemon/README.md
  std::optional<ControlSocket> control = {};  // none: nobody can ask
};

// Runs every job of the policy at its times until the stop, and then waits for what runs. The
// caller holds the site's lock.
void run_daemon(Policy, DaemonParts);

}  // namespace zr
