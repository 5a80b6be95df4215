#pragma once

#include <chrono>

#include "executor/commands/command.h"

namespace zr {

// Makes a plan, or takes a saved one, shows it, and carries it out.
Outcome apply(const ApplyCommand&, std::chrono::seconds zfs_timeout, const Outside&,
              const Console&);

}  // namespace zr
