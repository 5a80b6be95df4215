#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "executor/allow/allow_judge.h"
#include "executor/allow/elevation.h"
#include "executor/machine/machine.h"
#include "lang/host.h"
#include "planner/delegation.h"

namespace zr {

// Asks a host what is delegated there. Only looks.

// Opens a machine that zfs is run on, of a host that has one.
using Machines = std::function<Result<std::shared_ptr<Machine>>(const HostName&)>;

struct LookLimits {
  std::chrono::seconds timeout{};  // of each command
  std::stop_token stop;
};

struct SeenHost {
  SeenGrants grants;
  std::optional<std::string> user_problem;  // why the user's groups are not known
};

Result<SeenHost> look_at_grants(Machine&, const Host&, const HostDelegations&,
                                const std::string& user, const LookLimits&);

// The lines of sudoers(5) that are needed and that sudo, as the user who asks, does not permit.
Result<std::vector<std::string>> look_at_sudo(Machine&, const std::vector<SudoQuestion>&,
                                              const LookLimits&);

}  // namespace zr
