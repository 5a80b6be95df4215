#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "planner/world.h"

namespace zr {

// The last run that came to its end, as the journal tells of it (executor/run/README.md). Evidence
// for people: nothing decides by it.
struct LastRun {
  Millis ended{};
  std::optional<Millis> started;       // none: its beginning is no longer there, nor are its bytes
  std::optional<std::uint64_t> bytes;  // what its streams were estimated to carry
  std::map<std::string, std::uint64_t> steps;         // by outcome
  std::map<std::string, std::uint64_t> failed_steps;  // by kind; only kinds that failed

  bool operator==(const LastRun&) const = default;
};

}  // namespace zr
