#pragma once

#include "planner/plan.h"

namespace zr {

// Plans to show, store and draw, without planning them.

// A step of every kind, streams of every sort, blocked ones, conflicts, notes and a host that could
// not be reached.
Plan sample_plan();

// The same site when everything is as it should be.
Plan sample_noop();

// A plan as somebody with bad intentions would write it: what may hold any text holds escape
// sequences, quotes, markup and bytes that are not UTF-8, and names hold all that ZFS allows.
Plan hostile_plan();

}  // namespace zr
