#pragma once

#include <chrono>

#include "executor/commands/command.h"

namespace zr {

Outcome allow(const AllowCommand&, std::chrono::seconds zfs_timeout, const Outside&,
              const Console&);

}  // namespace zr
