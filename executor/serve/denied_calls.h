#pragma once

#include "executor/serve/isolation.h"

namespace zr {

// Makes the kernel refuse the system calls that neither this program nor zfs(8) makes, to all
// threads and to what they start.
Protection deny_calls(const IsolationNeeds&);

}  // namespace zr
