#include "lang/literals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <optional>
#include <vector>

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

constexpr std::uint64_t max_u64 = std::numeric_limits<std::uint64_t>::max();

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

// A part of a text, to point at.
struct Place {
  std::size_t begin = 0;
  std::size_t end = std::string_view::npos;
};

Place place_of(std::string_view part, std::string_view text) {
  const auto begin = static_cast<std::size_t>(part.data() - text.data());
  return {begin, begin + part.size()};
}

std::string_view leading_letters(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

bool equal_folded(std::string_view a, std::string_view b) {
  const auto fold = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return fold(x) == fold(y); });
}

// A number with a point, in tenths, hundredths or thousandths.
struct Fraction {
  std::uint64_t value = 0;
  std::uint64_t parts = 1;
  std::string_view text;
};

std::optional<Fraction> fraction_at(std::string_view text) {
  const std::string_view whole = leading_digits(text);
  if (whole.empty() || text.substr(whole.size(), 1) != ".") return std::nullopt;
  const std::string_view rest = leading_digits(text.substr(whole.size() + 1));
  constexpr std::size_t max_digits = 9;
  if (rest.empty() || whole.size() + rest.size() > max_digits) return std::nullopt;
  Fraction fraction{0, 1, text.substr(0, whole.size() + 1 + rest.size())};
  for (std::size_t i = 0; i < rest.size(); ++i) fraction.parts *= 10;
  fraction.value = *value_of(whole, max_u64) * fraction.parts + *value_of(rest, max_u64);
  return fraction;
}

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

namespace {

constexpr const char* size_unit_names = "`KiB`, `MiB`, `GiB`, `TiB`, `kB`, `MB`, `GB` or `TB`";

Problem bad_rate(std::string_view text, std::string_view why, Place place, std::string label,
                 std::string replacement = {}) {
  return {Code::bad_rate,
          fmt::format("`{}` is not a rate: {}", printable(text), why),
          "rates are KiB, MiB, GiB, TiB, kB, MB, GB or TB, per second: `80MiB/s`",
          std::move(replacement),
          std::move(label),
          place.begin,
          place.end};
}

Problem bare_unit(std::string_view text, std::string_view digits, std::string_view unit) {
  const char letter = unit[0] == 'k' ? 'K' : unit[0];
  const std::string binary = fmt::format("{}{}iB/s", digits, letter);
  const std::string decimal = fmt::format("{}{}B/s", digits, letter == 'K' ? 'k' : letter);
  const Place place = place_of(unit, text);
  return {Code::bare_unit,
          fmt::format("`{}` has two readings: powers of 1024 or of 1000", printable(text)),
          fmt::format("write `{}` or `{}`", binary, decimal),
          binary,
          {},
          place.begin,
          place.end};
}

// "1536KiB/s" of 1.5 MiB; empty when it would not come out even.
std::string written_rate(const Fraction& fraction, const Unit& unit) {
  if (fraction.value > max_u64 / unit.size) return {};
  const std::uint64_t product = fraction.value * unit.size;
  if (product == 0 || product % fraction.parts != 0) return {};
  const std::uint64_t bytes = product / fraction.parts;
  const bool binary = unit.name.size() == 3;
  std::string text;
  for (const Unit& other : size_units) {
    if ((other.name.size() == 3) == binary && bytes % other.size == 0)
      text = fmt::format("{}{}/s", bytes / other.size, other.name);
  }
  return text;
}

// The unit as it is written, of `mib` or `KB`; null when it is another.
const Unit* unit_in_other_case(std::string_view name) {
  const auto found = std::find_if(size_units.begin(), size_units.end(),
                                  [&](const Unit& u) { return equal_folded(u.name, name); });
  return found == size_units.end() ? nullptr : &*found;
}

// The bytes per second of `10Mbit/s`; empty for another unit.
std::string of_bits(std::string_view digits, std::string_view unit) {
  const auto value = value_of(digits, 1'000'000);
  const std::string_view rest = unit.empty() ? unit : unit.substr(1);
  const bool bits = rest == "bit" || rest == "bits" || rest == "bps" || rest == "b";
  if (!value || !bits || (unit[0] != 'M' && unit[0] != 'G')) return {};
  return fmt::format("{}{}/s", *value * 125, unit[0] == 'M' ? "kB" : "MB");
}

// `rest` follows the number, and does not begin with one of the units.
Problem bad_size_unit(std::string_view text, std::string_view digits, std::string_view rest) {
  const std::string_view unit = leading_letters(rest);
  if (const auto fraction = fraction_at(text)) {
    const Unit* meant = unit_in_other_case(leading_letters(text.substr(fraction->text.size())));
    const std::string_view point = rest.substr(0, fraction->text.size() - digits.size());
    return bad_rate(text, "there are no fractions", place_of(point, text), "whole numbers only",
                    meant == nullptr ? "" : written_rate(*fraction, *meant));
  }
  const std::string expected = fmt::format("a unit is expected after `{}`", printable(digits));
  if (unit.empty()) {
    return bad_rate(text, expected, place_of(rest.substr(0, 0), text), size_unit_names);
  }
  if (unit.size() == 1 && std::string_view("kKMGT").find(unit[0]) != std::string_view::npos)
    return bare_unit(text, digits, unit);
  if (std::string bytes = of_bits(digits, unit); !bytes.empty()) {
    return bad_rate(text, "rates are in bytes, not bits", place_of(unit, text), size_unit_names,
                    std::move(bytes));
  }
  const Unit* meant = unit_in_other_case(unit.substr(0, unit.find_last_not_of("ps") + 1));
  return bad_rate(text, expected, place_of(unit, text), size_unit_names,
                  meant == nullptr ? "" : fmt::format("{}{}/s", digits, meant->name));
}

constexpr const char* no_limit = "leave `rate` out for no limit";

Problem zero_rate() {
  return {
      Code::zero, "a rate of zero would never end", no_limit, {}, {}, 0, std::string_view::npos};
}

}  // namespace

Parsed<std::uint64_t> parse_rate(std::string_view text) {
  constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::string_view digits = leading_digits(text);
  if (digits.empty()) {
    Problem problem = bad_rate(text, "it does not begin with a whole number", {}, {});
    for (const std::string_view word : {"unlimited", "none", "off", "max", "infinite", "no"})
      if (text == word) problem.help = no_limit;
    return problem;
  }
  if (text.find_first_not_of('0') == std::string_view::npos) return zero_rate();
  const std::string_view rest = text.substr(digits.size());
  const std::string_view name = leading_letters(rest);
  const Unit* unit = find_unit(size_units, name);
  if (unit == nullptr) return bad_size_unit(text, digits, rest);
  const std::string_view time = rest.substr(name.size());
  if (time != "/s") {
    return bad_rate(text, "it has to say how much per second", place_of(time, text),
                    "`/s` is expected here", fmt::format("{}{}/s", digits, name));
  }
  const auto count = value_of(digits, max / unit->size);
  if (!count) return bad_rate(text, "it is too large", {}, {});
  if (*count == 0) {
    return zero_rate();
  }
  return *count * unit->size;
}

namespace {

// Of a rate that was made from a size: without the `/s` that nobody wrote.
std::string without_time(std::string text) {
  for (std::size_t at = text.find("/s"); at != std::string::npos; at = text.find("/s", at)) {
    text.erase(at, 2);
  }
  return text;
}

}  // namespace

Parsed<std::uint64_t> parse_size(std::string_view text) {
  const auto parsed = parse_rate(std::string(text) + "/s");
  if (const auto* bytes = std::get_if<std::uint64_t>(&parsed)) return *bytes;
  Problem problem = std::get<Problem>(parsed);
  problem.help = without_time(problem.help);
  problem.replacement = without_time(problem.replacement);
  if (problem.label.find("/s") != std::string::npos) problem.label = "a size says no time";
  problem.end = std::min(problem.end, text.size());
  problem.begin = std::min(problem.begin, problem.end);
  if (problem.code == Code::zero) {
    problem.message = "a size of zero makes no sense here";
    problem.help.clear();
  } else if (problem.code == Code::bare_unit) {
    problem.message = without_time(problem.message);
  } else {
    problem.code = Code::bad_size;
    problem.message = fmt::format("`{}` is not a size", printable(text));
    problem.help = "sizes are KiB, MiB, GiB, TiB, kB, MB, GB or TB: `10GiB`";
  }
  return problem;
}

}  // namespace zr
