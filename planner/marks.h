#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lang/names.h"
#include "planner/world.h"

namespace zr {

// The names that this program leaves on ZFS: all the state it has. Written down in
// planner/README.md; another implementation could read them.

// A replication's cursor: the source's bookmark of what was last seen to have landed.
// `zrepl:<site>:<job>:<guid, 16 hex digits>`, the job as "pull.offsite".
struct Cursor {
  SiteName site;
  JobId job;
  Guid guid;

  std::string str() const;
  static std::optional<Cursor> parse(std::string_view bookmark);
  bool operator==(const Cursor&) const = default;
};

// A replication's hold on the target's newest snapshot: `zrepl:<site>:<job>`.
struct TargetHold {
  SiteName site;
  JobId job;

  std::string str() const;
  static std::optional<TargetHold> parse(std::string_view tag);
  bool operator==(const TargetHold&) const = default;
};

inline constexpr std::string_view placeholder_property = "zrepl:placeholder";

}  // namespace zr
