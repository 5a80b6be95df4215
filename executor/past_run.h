#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "planner/world.h"

namespace zr {

// A run as a journal tells of it (executor/run/README.md). Evidence for people: nothing decides by
// it.
struct PastRun {
  struct Failure {
    std::string kind, host, dataset, message;  // the last may be empty
    bool operator==(const Failure&) const = default;
  };
  static constexpr std::size_t most_failures = 100;

  std::optional<Millis> started;       // none: its beginning is no longer there, nor are its bytes
  std::optional<Millis> ended;         // none: it was killed, or is still going
  std::optional<std::uint64_t> bytes;  // what its streams were estimated to carry
  std::map<std::string, std::uint64_t> steps;         // by outcome; empty until it has ended
  std::map<std::string, std::uint64_t> failed_steps;  // by kind; only kinds that failed
  std::vector<Failure> failures;                      // the first most_failures of those

  // None where one of its ends is not known.
  std::optional<Millis::duration> duration() const {
    if (!started || !ended) return std::nullopt;
    return *ended - *started;
  }
  bool operator==(const PastRun&) const = default;
};

}  // namespace zr
