#pragma once

#include <chrono>

#include "executor/commands/command.h"

namespace zr {

Outcome daemon(const DaemonCommand&, std::chrono::seconds zfs_timeout, const Outside&,
               const Console&);
Outcome control(const ControlCommand&, const Outside&, const Console&);

}  // namespace zr
