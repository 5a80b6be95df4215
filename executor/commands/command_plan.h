#pragma once

#include <chrono>

#include "executor/commands/command.h"

namespace zr {

// The commands that make or show a plan and change nothing.
Outcome plan(const PlanCommand&, std::chrono::seconds zfs_timeout, const Outside&, const Console&);
Outcome show(const ShowCommand&, const Console&);
Outcome graph(const GraphCommand&, std::chrono::seconds zfs_timeout, const Outside&,
              const Console&);

}  // namespace zr
