#pragma once

#include <filesystem>

#include "executor/result.h"
#include "lang/policy.h"

namespace zr {

// Where the lock and the journal live. A sim host lives on this machine, so where no local host
// says where, its `state` counts too. Found like a sim host's file: from the site file's folder.
Result<std::filesystem::path> state_folder(const Policy&);

std::filesystem::path journal_in(const std::filesystem::path& state_folder, const Policy&);

}  // namespace zr
