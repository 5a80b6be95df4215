#pragma once

#include <optional>
#include <span>
#include <vector>

#include "planner/world.h"

namespace zr {

// How two histories relate, compared by guid. Numbers are indices into the spans compared.
struct Lineage {
  struct Base {
    std::size_t source;
    std::size_t target;
  };
  // The target's newest snapshot that the source still knows. A snapshot of the source is preferred
  // to a bookmark of the same guid; only snapshots count on the target.
  std::optional<Base> base;
  // Snapshots of either side younger than the base, oldest first; with no base, all of them. What
  // shares the base's createtxg is not younger than it.
  std::vector<std::size_t> source_only;
  std::vector<std::size_t> target_only;
};

// Both spans sorted as Dataset::versions is. O(n log n) in the source's versions.
Lineage compare(std::span<const Version* const> source, std::span<const Version* const> target);

}  // namespace zr
