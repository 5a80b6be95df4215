#pragma once

#include "executor/serve/isolation.h"

namespace zr {

// Drops what root may do beside files and ZFS, of this process and of what it starts.
Protection drop_capabilities();

}  // namespace zr
