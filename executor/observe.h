#pragma once

#include <stop_token>

#include "executor/zfs.h"
#include "lang/policy.h"
#include "planner/world.h"

namespace zr {

// What the policy touches on a host, and nothing more.
Roots roots_of(const Policy&, const HostName&);

// Lists every host of the policy, in parallel. A host that can't be reached or listed is in
// `unreachable` with the reason; only a stop is an error.
Result<World> observe(const Policy&, const Connect&, std::stop_token);

}  // namespace zr
