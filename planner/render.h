#pragma once

#include <string>

#include "planner/plan.h"

namespace zr {

struct RenderOptions {
  bool color = false;
};

// The plan as text to read: header, legend of the symbols used, a paragraph per dataset, totals,
// the list of everything destructive, sent in full or blocked, and last what is over budget.
std::string render(const Plan&, const RenderOptions&);

// "destroys 150 of 412 snapshots, where the site's limits allow 100 in a run"
std::string describe(const OverBudget&);

// "1.2 GiB": three significant digits, binary units.
std::string format_bytes(std::uint64_t bytes);
// RFC 3339 in UTC, with milliseconds only where they are not zero.
std::string format_time(Millis);

}  // namespace zr
