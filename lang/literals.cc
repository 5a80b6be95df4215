#include "lang/literals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "lang/literal_scan.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::array<Unit, 5> duration_units{
    {{"w", 604800}, {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}};

constexpr const char* duration_unit_names = "`s`, `m`, `h`, `d` or `w`";

Problem bad_duration(std::string_view text, std::string_view why, Place place, std::string label,
                     std::string replacement = {}) {
  return {Code::bad_duration,
          fmt::format("`{}` is not a duration: {}", printable(text), why),
          "durations are whole numbers with s, m, h, d or w: `15m`, `1h30m`, `30d`",
          std::move(replacement),
          std::move(label),
          place.begin,
          place.end};
}

bool is_uneven(std::string_view unit) {
  constexpr std::array<std::string_view, 9> names{"mo", "mon", "month", "months", "y",
                                                  "yr", "yrs", "year",  "years"};
  return std::any_of(names.begin(), names.end(),
                     [unit](std::string_view name) { return equal_folded(name, unit); });
}

Problem uneven(std::string_view text, std::string_view unit) {
  const bool year = unit.front() == 'y' || unit.front() == 'Y';
  const Place place = place_of(unit, text);
  return {Code::uneven_duration,
          fmt::format("`{}`: the length of a {} varies", printable(text), year ? "year" : "month"),
          fmt::format("write days, `{}`, or keep by the calendar: `keep {} N`",
                      year ? "365d" : "30d", year ? "yearly" : "monthly"),
          {},
          {},
          place.begin,
          place.end};
}

// "s" of "sec"; empty for what is no word for a unit.
std::string_view unit_meant(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 20> words{{
      {"s", "s"}, {"sec", "s"}, {"secs", "s"}, {"second", "s"}, {"seconds", "s"},
      {"m", "m"}, {"min", "m"}, {"mins", "m"}, {"minute", "m"}, {"minutes", "m"},
      {"h", "h"}, {"hr", "h"},  {"hrs", "h"},  {"hour", "h"},   {"hours", "h"},
      {"d", "d"}, {"day", "d"}, {"days", "d"}, {"week", "w"},   {"weeks", "w"},
  }};
  if (equal_folded(word, "w") || equal_folded(word, "wk")) return "w";
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const auto& w) { return equal_folded(w.first, word); });
  return found == words.end() ? std::string_view{} : found->second;
}

// "1h" of `hour` or `hourly`.
Problem no_number(std::string_view text) {
  std::string_view unit = text;
  if (unit.size() > 2 && unit.substr(unit.size() - 2) == "ly") unit.remove_suffix(2);
  const std::string_view meant = unit == "dai" ? "d" : unit_meant(unit);
  return bad_duration(text, "it does not begin with a number", {}, {},
                      meant.empty() ? std::string{} : "1" + std::string(meant));
}

// `text` with one part of it replaced.
std::string with(std::string_view text, std::string_view part, std::string_view by) {
  const Place place = place_of(part, text);
  return std::string(text.substr(0, place.begin)).append(by).append(text.substr(place.end));
}

// "1h30m" of 90 minutes.
std::string written_duration(std::uint64_t seconds) {
  std::string text;
  for (const Unit& unit : duration_units) {
    if (seconds >= unit.size) text += fmt::format("{}{}", seconds / unit.size, unit.name);
    seconds %= unit.size;
  }
  return text;
}

Problem duration_with_point(std::string_view text, std::string_view rest) {
  std::string mended;
  const auto fraction = fraction_at(text);
  if (fraction) {
    const Unit* unit = find_unit(duration_units, text.substr(fraction->text.size()));
    const std::uint64_t product = unit == nullptr ? 0 : fraction->value * unit->size;
    if (product > 0 && product % fraction->parts == 0)
      mended = written_duration(product / fraction->parts);
  }
  const std::string_view point = rest.substr(0, 1 + leading_digits(rest.substr(1)).size());
  return bad_duration(text, "there are no fractions", place_of(point, text), "whole numbers only",
                      std::move(mended));
}

// What follows the number is none of the units.
Problem bad_unit(std::string_view text, std::string_view digits, std::string_view rest) {
  const std::string_view unit = leading_letters(rest);
  if (is_uneven(unit)) return uneven(text, unit);
  if (rest.substr(0, 1) == ".") return duration_with_point(text, rest);
  const std::string expected = fmt::format("a unit is expected after `{}`", printable(digits));
  if (unit.empty()) {
    return bad_duration(text, expected, place_of(rest.substr(0, 1), text), duration_unit_names);
  }
  const std::string_view meant = unit_meant(unit);
  return bad_duration(text, expected, place_of(unit, text), duration_unit_names,
                      meant.empty() ? std::string{} : with(text, unit, meant));
}

// "1m1h": the parts in their order; empty when that is not all there is to do.
std::string in_falling_order(std::string_view text) {
  std::vector<std::pair<std::uint64_t, std::string_view>> parts;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view digits = leading_digits(rest);
    const std::string_view name = leading_letters(rest.substr(digits.size()));
    const Unit* unit = find_unit(duration_units, name);
    if (unit == nullptr || digits.empty() || parts.size() == duration_units.size()) return {};
    for (const auto& [size, part] : parts) {
      if (size == unit->size) return {};
    }
    parts.emplace_back(unit->size, rest.substr(0, digits.size() + name.size()));
    rest.remove_prefix(digits.size() + name.size());
  }
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a > b; });
  std::string mended;
  for (const auto& [size, part] : parts) mended += part;
  return mended;
}

}  // namespace

Parsed<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
  const std::string range = fmt::format("write a whole number from 1 to {}", max);
  const std::string_view digits = leading_digits(text);
  if (digits.size() != text.size() || text.empty()) {
    Problem problem{
        Code::bad_number, fmt::format("`{}` is not a whole number", printable(text)), range, {}};
    const bool separated = text.find_first_not_of("0123456789_") == std::string_view::npos;
    if (!digits.empty()) {
      problem.label = separated ? "digits only, without separators" : "digits only";
      if (separated)
        std::copy_if(text.begin(), text.end(), std::back_inserter(problem.replacement), is_digit);
      problem.begin = digits.size();
      problem.end = text.size();
    }
    return problem;
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
  std::uint64_t last_size = max_u64;
  for (std::string_view rest = text; !rest.empty() || text.empty();) {
    const std::string_view digits = leading_digits(rest);
    if (digits.empty()) {
      if (rest.size() == text.size()) return no_number(text);
      return bad_duration(text, "a number or the end is expected after a unit",
                          place_of(rest, text), "as in `1h30m`");
    }
    const std::string_view name = leading_letters(rest.substr(digits.size()));
    const std::string_view part = rest.substr(0, digits.size() + name.size());
    const Unit* unit = find_unit(duration_units, name);
    if (unit == nullptr) return bad_unit(text, digits, rest.substr(digits.size()));
    if (unit->size >= last_size) {
      const bool twice = unit->size == last_size;
      return bad_duration(
          text, twice ? fmt::format("`{}` is given twice", name) : "the longer unit comes first",
          place_of(part, text), {}, in_falling_order(text));
    }
    last_size = unit->size;
    const auto count = value_of(digits, max / unit->size);
    if (!count || total > max - *count * unit->size) {
      return bad_duration(text, "it is longer than 100 years", {}, {});
    }
    if (*count == 0) {
      const Place place = place_of(part, text);
      const std::string message = fmt::format("`{}`: a duration of zero", printable(part));
      return Problem{Code::zero, message, {}, {}, {}, place.begin, place.end};
    }
    total += *count * unit->size;
    rest.remove_prefix(part.size());
  }
  return std::chrono::seconds{static_cast<std::int64_t>(total)};
}

}  // namespace zr
