#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "lang/policy.h"
#include "planner/future.h"

namespace zr {

// When an autosnap is due, and what its snapshots are called.

// `every` cuts time into slots, from `offset` after the epoch: a dataset is due when its newest
// snapshot is of an earlier one than now.
struct Slots {
  std::chrono::seconds every;
  std::chrono::seconds offset{0};

  std::int64_t of(Seconds) const;
  Seconds begin(std::int64_t slot) const;
};
Slots slots_of(const Autosnap&);

// Of the snapshots with the prefix.
std::optional<std::size_t> newest_with_prefix(const FutureDataset&, const std::string& prefix);

// prefix + YYYYMMDD_HHMMSS_mmm, in UTC
std::string snapshot_name(const std::string& prefix, Millis now);

}  // namespace zr
