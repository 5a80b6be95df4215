#pragma once

#include "executor/zfs.h"
#include "executor/zfs/zfs_command.h"

namespace zr {

// A host's inventory in three commands, whatever the number of datasets, unless an argument list
// has to be split, or roots are missing:
// 1. `zfs get` for the datasets. Where some are wanted alone and others with all that is below,
//    with all that is below of either; what is not wanted is then left out. A second one for what
//    is above missing roots, by name: a pool may hold much that is nobody's business here, and to
//    look at an unmounted filesystem costs tens of milliseconds.
// 2. `zfs list` for snapshots and bookmarks of each wanted dataset by name, which opens a dataset
//    less often than going through a tree. Where those names are too long for one command: one for
//    the trees, one for the rest.
// 3. `zfs holds` for the snapshots that have user holds, if there are any.
// What vanishes in between is not in the answer, or without what came later; what appears is not in
// it either.
Result<Inventory> list_inventory(const ZfsCommand&, const Roots&);

}  // namespace zr
