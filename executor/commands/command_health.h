#pragma once

#include <chrono>

#include "executor/commands/command.h"

namespace zr {

// As a check for Nagios it ends with that interface's statuses, and never early: what keeps it from
// judging is UNKNOWN.
Outcome health(const HealthCommand&, std::chrono::seconds zfs_timeout, const Outside&,
               const Console&);

}  // namespace zr
