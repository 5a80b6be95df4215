#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "executor/result.h"
#include "executor/serve/isolation.h"
#include "lang/policy.h"

namespace zr {

// What its zfs is, if that is no plain zfs(8), reads and writes beside its own file. Absolute.
struct WrapperFiles {
  std::vector<std::string> read;   // folders with all that is below
  std::vector<std::string> write;  // folders, with all that is below
};

// What serving that host takes. `folder` is the site file's, absolute. An error where it is another
// than the one that this runs on: reached over a network, by a command, or through an agent.
Result<IsolationNeeds> isolation_needs(const Host&, const std::filesystem::path& folder,
                                       const WrapperFiles&);

}  // namespace zr
