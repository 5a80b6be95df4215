#pragma once

#include <chrono>

#include "executor/commands/command.h"

namespace zr {

Outcome status(const StatusCommand&, std::chrono::seconds zfs_timeout, const Outside&,
               const Console&);

}  // namespace zr
