#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "planner/render.h"

namespace zr {
namespace {

using namespace std::chrono;

constexpr Millis first_time{};
constexpr Millis last_time = sys_days{year{9999} / 12 / 31} + hours(24) - milliseconds(1);

}  // namespace

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // What would be rounded to 1024 is 1 of the next.
  for (; value >= 1023.5 && unit + 1 < units.size(); ++unit) value /= 1024;
  const int decimals = value >= 99.95 || unit == 0 ? 0 : value >= 9.995 ? 1 : 2;
  std::string digits = fmt::format("{:.{}f}", value, decimals);
  if (decimals > 0) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  return fmt::format("{} {}", digits, units[unit]);
}

std::string format_time(Millis time) {
  if (time < first_time || time > last_time) {
    return fmt::format("{} ms after 1970", time.time_since_epoch().count());
  }
  const sys_days day_begin = floor<days>(time);
  const year_month_day date{day_begin};
  const hh_mm_ss clock{time - day_begin};
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int{date.year()},
                                unsigned{date.month()}, unsigned{date.day()}, clock.hours().count(),
                                clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) out += fmt::format(".{:03}", clock.subseconds().count());
  return out + "Z";
}

}  // namespace zr
