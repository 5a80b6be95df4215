#pragma once

#include "executor/serve/isolation.h"

namespace zr {

// The version of Landlock that the kernel has; an errno below zero where it has none or may not.
int landlock_abi();

// Leaves to this thread, and to what it starts, the files of `needs` and those that zfs(8) and the
// C library need. Uses what there is in `abi`, a version or an errno below zero.
Protection restrict_files(const IsolationNeeds& needs, int abi);

}  // namespace zr
