#include "lang/literals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "lang/utf8.h"

namespace zr {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view leading_digits(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// None when the digits say more than `max`.
std::optional<std::uint64_t> value_of(std::string_view digits, std::uint64_t max) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (max - std::min(digit, max)) / 10 || digit > max) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr std::array<Unit, 5> duration_units{
    {{"w", 604800}, {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}};

constexpr std::array<Unit, 8> size_units{{{"KiB", 1ULL << 10U},
                                          {"MiB", 1ULL << 20U},
                                          {"GiB", 1ULL << 30U},
                                          {"TiB", 1ULL << 40U},
                                          {"kB", 1'000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000},
                                          {"TB", 1'000'000'000'000}}};

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  const auto found =
      std::find_if(units.begin(), units.end(), [name](const Unit& u) { return u.name == name; });
  return found == units.end() ? nullptr : &*found;
}

Problem bad_duration(std::string_view text, std::string why, std::string replacement = {}) {
  return {Code::bad_duration, fmt::format("`{}` is not a duration: {}", printable(text), why),
          "durations are whole numbers with s, m, h, d or w: `15m`, `1h30m`, `30d`",
          std::move(replacement)};
}

std::string_view leading_letters(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), is_digit);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

bool is_uneven(std::string_view unit) {
  constexpr std::array<std::string_view, 9> names{"mo", "mon", "month", "months", "y",
                                                  "yr", "yrs", "year",  "years"};
  return std::find(names.begin(), names.end(), unit) != names.end();
}

Problem uneven(std::string_view text, std::string_view unit) {
  const bool year = unit.front() == 'y';
  return {Code::uneven_duration,
          fmt::format("`{}`: the length of a {} varies", printable(text), year ? "year" : "month"),
          fmt::format("write days, `{}`, or keep by the calendar: `keep {} N`",
                      year ? "365d" : "30d", year ? "yearly" : "monthly"),
          {}};
}

Problem bad_unit(std::string_view text, std::string_view digits, std::string_view unit) {
  if (is_uneven(unit)) return uneven(text, unit);
  if (unit.empty()) return bad_duration(text, "the unit is missing");
  std::string mended;
  if (unit == "min" || unit == "mins" || unit == "M") mended = fmt::format("{}m", digits);
  if (unit == "hr" || unit == "hour" || unit == "hours") mended = fmt::format("{}h", digits);
  if (unit == "day" || unit == "days") mended = fmt::format("{}d", digits);
  if (mended.size() != 0 && text.size() != digits.size() + unit.size()) mended.clear();
  return bad_duration(text, fmt::format("there is no unit `{}`", printable(unit)),
                      std::move(mended));
}

}  // namespace

Parsed<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
  const std::string range = fmt::format("write a whole number from 1 to {}", max);
  const bool digits_only = !text.empty() && leading_digits(text).size() == text.size();
  if (!digits_only) {
    return Problem{
        Code::bad_number, fmt::format("`{}` is not a whole number", printable(text)), range, {}};
  }
  const auto value = value_of(text, max);
  if (!value) {
    return Problem{Code::bad_number, fmt::format("{} is too large", printable(text)), range, {}};
  }
  if (*value == 0) return Problem{Code::zero, "zero makes no sense here", range, {}};
  return *value;
}

Parsed<std::chrono::seconds> parse_duration(std::string_view text) {
  const auto max = static_cast<std::uint64_t>(max_duration.count());
  std::uint64_t total = 0;
  std::uint64_t last_size = std::numeric_limits<std::uint64_t>::max();
  for (std::string_view rest = text; !rest.empty() || text.empty();) {
    const std::string_view digits = leading_digits(rest);
    if (digits.empty()) return bad_duration(text, "it does not begin with a number");
    const std::string_view name = leading_letters(rest.substr(digits.size()));
    const Unit* unit = find_unit(duration_units, name);
    if (unit == nullptr) return bad_unit(text, digits, name);
    if (unit->size >= last_size) return bad_duration(text, "the units must fall, as in `1h30m`");
    last_size = unit->size;
    const auto count = value_of(digits, max / unit->size);
    if (!count || total > max - *count * unit->size) {
      return bad_duration(text, "it is longer than 100 years");
    }
    if (*count == 0) {
      return Problem{Code::zero, fmt::format("`{}`: a duration of zero", printable(text)), {}, {}};
    }
    total += *count * unit->size;
    rest.remove_prefix(digits.size() + name.size());
  }
  return std::chrono::seconds{static_cast<std::int64_t>(total)};
}

namespace {

// A size, and a rate, which is a size with `/s`.
struct Quantity {
  Code code;
  std::string_view name;    // in messages
  std::string_view suffix;  // behind the unit
  std::string_view example;
};
constexpr Quantity rate_words{Code::bad_rate, "rate", "/s",
                              "KiB, MiB, GiB, TiB, kB, MB, GB or TB, per second: `80MiB/s`"};
constexpr Quantity size_words{Code::bad_size, "size", "",
                              "KiB, MiB, GiB, TiB, kB, MB, GB or TB: `10GiB`"};

Problem bad_quantity(const Quantity& q, std::string_view text, std::string why,
                     std::string replacement = {}) {
  return {q.code, fmt::format("`{}` is not a {}: {}", printable(text), q.name, why),
          fmt::format("{}s are {}", q.name, q.example), std::move(replacement)};
}

Problem bad_size_unit(const Quantity& q, std::string_view text, std::string_view digits,
                      std::string_view unit) {
  if (unit.empty()) return bad_quantity(q, text, "the unit is missing");
  const bool bare =
      unit.size() == 1 && std::string_view("kKMGT").find(unit[0]) != std::string_view::npos;
  if (bare) {
    const char upper = unit[0] == 'k' ? 'K' : unit[0];
    const std::string binary = fmt::format("{}{}iB{}", digits, upper, q.suffix);
    const std::string decimal =
        fmt::format("{}{}B{}", digits, upper == 'K' ? 'k' : upper, q.suffix);
    return {Code::bare_unit,
            fmt::format("`{}` has two readings: powers of 1024 or of 1000", printable(text)),
            fmt::format("write `{}` or `{}`", binary, decimal), binary};
  }
  return bad_quantity(q, text, fmt::format("there is no unit `{}`", printable(unit)),
                      unit == "KB" ? fmt::format("{}kB{}", digits, q.suffix) : "");
}

Parsed<std::uint64_t> parse_quantity(const Quantity& q, std::string_view text) {
  constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::string_view digits = leading_digits(text);
  if (digits.empty()) return bad_quantity(q, text, "it does not begin with a whole number");
  std::string_view name = text.substr(digits.size());
  const bool per_second = name.size() >= 2 && name.substr(name.size() - 2) == "/s";
  if (per_second) name.remove_suffix(2);
  const Unit* unit = find_unit(size_units, name);
  if (unit == nullptr) return bad_size_unit(q, text, digits, name);
  if (!per_second && !q.suffix.empty()) {
    return bad_quantity(q, text, "it says no time", fmt::format("{}/s", text));
  }
  if (per_second && q.suffix.empty()) {
    return bad_quantity(q, text, "it is a rate", std::string(text.substr(0, text.size() - 2)));
  }
  const auto count = value_of(digits, max / unit->size);
  if (!count) return bad_quantity(q, text, "it is too large");
  if (*count == 0) {
    if (q.suffix.empty()) return Problem{Code::zero, "a size of zero makes no sense here", {}, {}};
    return Problem{
        Code::zero, "a rate of zero would never end", "leave `rate` out for no limit", {}};
  }
  return *count * unit->size;
}

}  // namespace

Parsed<std::uint64_t> parse_rate(std::string_view text) { return parse_quantity(rate_words, text); }

Parsed<std::uint64_t> parse_size(std::string_view text) { return parse_quantity(size_words, text); }

}  // namespace zr
