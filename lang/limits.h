#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lang/source.h"

namespace zr {

// Of the snapshots that a host has: the larger of a share of them and a count. Both zero: not one.
struct DestroyLimit {
  std::uint64_t percent = 0;
  std::uint64_t count = 0;

  std::uint64_t of(std::uint64_t snapshots) const;  // a share is rounded down
  bool operator==(const DestroyLimit&) const = default;
};

// What one run may destroy and create on each host without somebody's word for it: the budgets that
// a plan is held to.
struct Limits {
  std::optional<DestroyLimit> destroy = DestroyLimit{20, 100};  // snapshots; none: any number
  std::optional<std::uint64_t> create =
      1000;            // snapshots and datasets; none: any number, 0: not one
  Origin origin = {};  // of the block; empty where the site has none
};

// As a site file says it: "20% or 100", "none", "unlimited".
std::string str(const std::optional<DestroyLimit>&);
std::string str(const std::optional<std::uint64_t>& create);

}  // namespace zr
