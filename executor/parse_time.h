#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "planner/world.h"

namespace zr {

// RFC 3339, strictly: `2026-11-22T06:30:00Z`, with a fraction (what is finer than a millisecond is
// cut off) and an offset where wanted. Years 1970 to 9999; a leap second is refused.
std::optional<Millis> parse_time(std::string_view);

}  // namespace zr
