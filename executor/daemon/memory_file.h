#pragma once

#include <filesystem>

#include "executor/daemon/dispatcher.h"
#include "executor/result.h"

namespace zr {

// What a daemon knows across its restarts, as JSON; executor/daemon/README.md says what is in it.

// Nothing where there is no such file. An error where it is none of ours.
Result<DaemonMemory> read_memory(const std::filesystem::path&);
Result<void> write_memory(const std::filesystem::path&, const DaemonMemory&);

}  // namespace zr
