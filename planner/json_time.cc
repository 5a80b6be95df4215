#include "planner/json_time.h"

namespace zr {
namespace {

using namespace std::chrono;

// Takes exactly `digits` digits off the text.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return {};
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_any_of(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == characters.npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<sys_days> take_date(std::string_view& text) {
  const auto y = take_digits(text, 4);
  if (!y || !take_any_of(text, "-")) return {};
  const auto m = take_digits(text, 2);
  if (!m || !take_any_of(text, "-")) return {};
  const auto d = take_digits(text, 2);
  if (!d) return {};
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                            day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return {};
  return sys_days{date};
}

std::optional<minutes> take_hours_and_minutes(std::string_view& text) {
  const auto h = take_digits(text, 2);
  if (!h || *h > 23 || !take_any_of(text, ":")) return {};
  const auto m = take_digits(text, 2);
  if (!m || *m > 59) return {};
  return hours(*h) + minutes(*m);
}

// ".25"; nothing at all is zero.
std::optional<milliseconds> take_fraction(std::string_view& text) {
  if (!take_any_of(text, ".")) return milliseconds(0);
  int value = 0;
  int digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
    if (digits < 3) value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return {};
  for (; digits < 3; ++digits) value *= 10;
  return milliseconds(value);
}

std::optional<minutes> take_zone(std::string_view& text) {
  if (take_any_of(text, "Zz")) return minutes(0);
  const bool west = !text.empty() && text.front() == '-';
  if (!take_any_of(text, "+-")) return {};
  const auto offset = take_hours_and_minutes(text);
  if (!offset) return {};
  return west ? -*offset : *offset;
}

}  // namespace

std::optional<Millis> time_from_json(std::string_view text) {
  const auto date = take_date(text);
  if (!date || !take_any_of(text, "Tt ")) return {};
  const auto clock = take_hours_and_minutes(text);
  if (!clock || !take_any_of(text, ":")) return {};
  const auto second = take_digits(text, 2);
  if (!second || *second > 59) return {};
  const auto fraction = take_fraction(text);
  if (!fraction) return {};
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return {};
  const Millis time = *date + *clock + seconds(*second) + *fraction - *zone;
  if (time < Millis{} || floor<seconds>(time) > last_json_time) return {};
  return time;
}

std::optional<Seconds> seconds_from_json(std::string_view text) {
  const auto time = time_from_json(text);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time);
}

}  // namespace zr
