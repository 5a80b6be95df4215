#pragma once

#include <cstdint>
#include <string>

#include "lang/retention.h"
#include "planner/world.h"

namespace zr {

// Civil periods in UTC; weeks are ISO 8601's, from Monday.

// Rises by one from a period to the next; only comparable within one kind of period.
std::int64_t period_number(Period, Seconds);
// "2026-11-22 06h", "2026-11-22", "2026-W47", "2026-11", "2026".
std::string period_name(Period, Seconds);

}  // namespace zr
