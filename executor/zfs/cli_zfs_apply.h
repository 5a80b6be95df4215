#pragma once

#include <span>

#include "executor/zfs/zfs_command.h"
#include "planner/change.h"

namespace zr {

// Zfs::apply by zfs(8): a look at what is there, then as few commands as zfs allows. Where zfs
// itself refuses what is done already (snapshots, placeholders), the look comes after a failure
// instead.
Result<void> apply_changes(const ZfsCommand&, std::span<const Change>);

}  // namespace zr
