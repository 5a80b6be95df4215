#pragma once

#include <span>
#include <string>
#include <vector>

#include "planner/retention.h"

namespace zr {

// The periods of one keep on a line, the youngest first, and below it a line for each that holds a
// snapshot: when it is, and what stays for it. `snapshots` are those that the buckets speak of.
//
//     grid 4x1h | 2x1d, back from 2026-11-22T06:00:00Z
//       #+..|#.
//       4x1h  1  from 2026-11-22T05:00:00Z  @e
//       4x1h  2  from 2026-11-22T04:00:00Z  @c, of 2
//       2x1d  1  from 2026-11-21T02:00:00Z  @b
//       older: 1
//
// `#`: all that it holds stays for it; `+`: not all of it; `.`: it holds none, `.(20)`: 20 such
// ones. The text is not longer than in proportion to the snapshots and the groups.
std::string draw(const Buckets&, std::span<const Version* const> snapshots);

}  // namespace zr
