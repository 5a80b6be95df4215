#pragma once

#include <cstddef>
#include <string_view>

#include "executor/result.h"
#include "executor/sim/sim_state.h"
#include "planner/world.h"

namespace zr {

// What creating and receiving datasets have in common.

// The parent that a new dataset needs: there, and a filesystem.
Result<const Dataset*> parent_for(std::string_view doing, const SimHost&, const DatasetName&);
// A new dataset there, with what it inherits whatever it will be.
Dataset new_below(const Dataset& parent, const DatasetName&);
// A new dataset is encrypted as its parent is, which needs the parent's key; false where that is
// not loaded.
[[nodiscard]] bool inherit_encryption(Dataset&, const Dataset& parent);
// Gives it its guid and puts it in its place.
void add_dataset(const SimHost&, Dataset);

void insert_version(Dataset&, Version);
// What a destroyed snapshot added goes to the next younger one, or to what was written since.
void erase_version(Dataset&, std::size_t index);

Version* origin_of(const SimHost&, const Dataset& clone);  // null: it has none
// Lists a clone with the snapshot that is its origin, and no more.
void add_clone(const SimHost&, const Dataset& clone);
void remove_clone(const SimHost&, const Dataset& clone);

const Version* newest_snapshot(const Dataset&);  // null: it has none
// Whether partially received state starts from this snapshot, which keeps it from being destroyed.
bool pinned_by_partial(const Dataset&, const Version&);
void clear_partial(Dataset&);
// The dataset as ZFS lists it: the base of a partially received stream has a clone `dataset/%recv`,
// which the world leaves to be told from the token.
Dataset as_listed(const Dataset&);
// Whether the dataset came into being for a stream that is not complete yet.
bool is_unfinished(const Dataset&);
// Forgets partially received state; a dataset that only came into being for it goes with it, unless
// there is something below.
Result<void> drop_partial(const SimHost&, Dataset&);
const Dataset* first_child(const SimHost&, const DatasetName&);  // null: nothing is below it

}  // namespace zr
