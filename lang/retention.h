#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lang/regex.h"
#include "lang/source.h"

namespace zr {

// What a `keep` statement says, as values. How snapshots are judged by it is planner/retention.h.

struct GridGroup {
  std::uint64_t count = 1;            // how many intervals, at least 1
  std::chrono::seconds length{1};     // of each, at least 1 s; lengths never fall along a grid
  std::optional<std::uint64_t> keep;  // how many of the oldest stay in each; none: all of them
  bool operator==(const GridGroup&) const = default;
};

struct KeepGrid {
  std::vector<GridGroup> groups;  // the youngest first, at least one
  bool operator==(const KeepGrid&) const = default;
};

enum class Period { hourly, daily, weekly, monthly, yearly };
std::string_view to_string(Period);

struct KeepCalendar {  // the oldest of each of the `count` newest periods that hold one
  Period period{};
  std::uint64_t count = 1;
  bool operator==(const KeepCalendar&) const = default;
};
struct KeepLast {
  std::uint64_t count = 1;
  bool operator==(const KeepLast&) const = default;
};
struct KeepWithin {
  std::chrono::seconds age{1};
  bool operator==(const KeepWithin&) const = default;
};
struct KeepMatching {
  Regex regex;
  bool operator==(const KeepMatching&) const = default;
};
struct KeepNotReplicated {
  bool operator==(const KeepNotReplicated&) const = default;
};

struct Keep {
  std::variant<KeepGrid, KeepCalendar, KeepLast, KeepWithin, KeepMatching, KeepNotReplicated> what;
  Span span;
  Origin origin;

  std::string str() const;  // canonical: "grid 1x1h(keep=all) | 24x1h", "last 4", "daily 7"
};

// "15m", "1h30m", "30d", "2w": weeks only when they come out even, else days, hours, minutes and
// seconds.
std::string format_duration(std::chrono::seconds);

// `snapshots { prefix "a"; matching "re" }`: takes a snapshot if any line does.
struct NamePrefix {
  std::string prefix;
  bool operator==(const NamePrefix&) const = default;
};
struct NameMatching {
  Regex regex;
  bool operator==(const NameMatching&) const = default;
};
struct SnapshotFilter {
  // Empty: takes none. `any` takes all and has no lines.
  bool any = false;
  std::vector<std::variant<NamePrefix, NameMatching>> lines;

  static SnapshotFilter all();
  bool takes(std::string_view name) const;  // the part after the '@'
  std::string str() const;
  bool operator==(const SnapshotFilter&) const = default;
};

}  // namespace zr
