#pragma once

#include <span>

#include "executor/result.h"
#include "executor/sim/sim_state.h"
#include "planner/change.h"

namespace zr {

// Carries changes out on a simulated host, as Zfs::apply promises. A change that is refused leaves
// the host as it was; those before it stay done.
Result<void> carry_out(const SimHost&, std::span<const Change>);

}  // namespace zr
