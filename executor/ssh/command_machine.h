#pragma once

#include <memory>

#include "executor/machine/machine.h"

namespace zr {

// A machine at the other end of a program that runs here for each command there, ssh(1) for
// instance: it gets the command as its last argument, for the shell there. `here` runs it. What the
// program says when it can't reach the machine is read as an error of zfs(8) is.
std::unique_ptr<Machine> machine_by_command(std::shared_ptr<Machine> here, Argv program);

}  // namespace zr
