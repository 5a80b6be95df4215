#pragma once

#include <optional>
#include <string_view>

#include "planner/world.h"

namespace zr {

// A moment as documents write it: RFC 3339 between the years 1970 and 9999. What is finer than a
// millisecond is cut off.
std::optional<Millis> time_from_json(std::string_view);
// The second that it is in.
std::optional<Seconds> seconds_from_json(std::string_view);

// The last moment that documents can hold.
inline constexpr Seconds last_json_time =
    std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + std::chrono::seconds(86399);

}  // namespace zr
