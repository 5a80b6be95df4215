#pragma once

#include "executor/result.h"
#include "executor/sim/sim_state.h"
#include "planner/change.h"

namespace zr {

// What zfs rename does to a dataset, to what is below it and to all that names them.
Result<void> carry_out(const SimHost&, const RenameDataset&);

}  // namespace zr
