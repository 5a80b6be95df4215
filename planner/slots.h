#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "planner/future.h"

namespace zr {

// When an autosnap is due, and what its snapshots are called.

// `every` cuts time into slots from the epoch: a dataset is due when its newest snapshot is of an
// earlier one than now.
std::int64_t slot_of(Seconds, std::chrono::seconds every);
Seconds begin_of_slot(std::int64_t slot, std::chrono::seconds every);

// Of the snapshots with the prefix.
std::optional<std::size_t> newest_with_prefix(const FutureDataset&, const std::string& prefix);

// prefix + YYYYMMDD_HHMMSS_mmm, in UTC
std::string snapshot_name(const std::string& prefix, Millis now);

}  // namespace zr
