#pragma once

#include <string>

#include "executor/result.h"
#include "planner/change.h"
#include "planner/world.h"

namespace zr {

// How the simulator says no, in zfs(8)'s words where it has some.

inline std::string full_name(const DatasetName& dataset, const VersionRef& version) {
  return dataset.str() + version.str();
}

// "cannot <doing> '<what>': <why>"
Error refused(Remedy, std::string_view doing, std::string_view what, std::string_view why);

Error dataset_gone(std::string_view doing, const DatasetName&);

// The version that `ref` means; null when its name is not there. A version of that name with
// another guid is an error with Remedy::replan.
Result<Version*> resolve(std::string_view doing, Dataset&, const VersionRef& ref);
// Likewise, where one that is gone is an error with Remedy::replan too.
Result<Version*> resolve_present(std::string_view doing, Dataset&, const VersionRef& ref);

}  // namespace zr
