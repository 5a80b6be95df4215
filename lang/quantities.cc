#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "lang/literal_scan.h"
#include "lang/literals.h"
#include "lang/utf8.h"

// Sizes, and rates, which are sizes with `/s`.

namespace zr {
namespace {

constexpr std::array<Unit, 8> size_units{{{"KiB", 1ULL << 10U},
                                          {"MiB", 1ULL << 20U},
                                          {"GiB", 1ULL << 30U},
                                          {"TiB", 1ULL << 40U},
                                          {"kB", 1'000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000},
                                          {"TB", 1'000'000'000'000}}};

constexpr const char* unit_names = "`KiB`, `MiB`, `GiB`, `TiB`, `kB`, `MB`, `GB` or `TB`";
constexpr const char* no_limit = "leave `rate` out for no limit";

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

// One text that is to be read, and what is said about it when it can't be.
struct Reading {
  const Quantity& q;
  std::string_view text;

  Problem bad(std::string_view why, Place place, std::string label,
              std::string replacement = {}) const {
    return {q.code,
            fmt::format("`{}` is not a {}: {}", printable(text), q.name, why),
            fmt::format("{}s are {}", q.name, q.example),
            std::move(replacement),
            std::move(label),
            place.begin,
            place.end};
  }

  Problem bare_unit(std::string_view digits, std::string_view unit) const {
    const char letter = unit[0] == 'k' ? 'K' : unit[0];
    const std::string binary = fmt::format("{}{}iB{}", digits, letter, q.suffix);
    const std::string decimal =
        fmt::format("{}{}B{}", digits, letter == 'K' ? 'k' : letter, q.suffix);
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
  std::string whole(const Fraction& fraction, const Unit& unit) const {
    if (fraction.value > max_u64 / unit.size) return {};
    const std::uint64_t product = fraction.value * unit.size;
    if (product == 0 || product % fraction.parts != 0) return {};
    const std::uint64_t bytes = product / fraction.parts;
    const bool binary = unit.name.size() == 3;
    std::string written;
    for (const Unit& other : size_units) {
      if ((other.name.size() == 3) == binary && bytes % other.size == 0)
        written = fmt::format("{}{}{}", bytes / other.size, other.name, q.suffix);
    }
    return written;
  }

  // The bytes per second of `10Mbit/s`; empty for another unit.
  std::string of_bits(std::string_view digits, std::string_view unit) const {
    const auto value = value_of(digits, 1'000'000);
    const std::string_view rest = unit.substr(1);
    const bool bits = rest == "bit" || rest == "bits" || rest == "bps" || rest == "b";
    if (q.suffix.empty() || !value || !bits || (unit[0] != 'M' && unit[0] != 'G')) return {};
    return fmt::format("{}{}/s", *value * 125, unit[0] == 'M' ? "kB" : "MB");
  }

  // The unit as it is written, of `mib` or `KB`; null when it is another.
  static const Unit* in_other_case(std::string_view name) {
    const auto found = std::find_if(size_units.begin(), size_units.end(),
                                    [&](const Unit& u) { return equal_folded(u.name, name); });
    return found == size_units.end() ? nullptr : &*found;
  }

  // `rest` follows the number, and does not begin with one of the units.
  Problem bad_unit(std::string_view digits, std::string_view rest) const {
    const std::string_view unit = leading_letters(rest);
    if (const auto fraction = fraction_at(text)) {
      const Unit* meant = in_other_case(leading_letters(text.substr(fraction->text.size())));
      const std::string_view point = rest.substr(0, fraction->text.size() - digits.size());
      return bad("there are no fractions", place_of(point, text), "whole numbers only",
                 meant == nullptr ? "" : whole(*fraction, *meant));
    }
    const std::string expected = fmt::format("a unit is expected after `{}`", printable(digits));
    if (unit.empty()) return bad(expected, place_of(rest.substr(0, 0), text), unit_names);
    if (unit.size() == 1 && std::string_view("kKMGT").find(unit[0]) != std::string_view::npos)
      return bare_unit(digits, unit);
    if (std::string bytes = of_bits(digits, unit); !bytes.empty()) {
      return bad("rates are in bytes, not bits", place_of(unit, text), unit_names,
                 std::move(bytes));
    }
    const Unit* meant = in_other_case(unit.substr(0, unit.find_last_not_of("ps") + 1));
    return bad(expected, place_of(unit, text), unit_names,
               meant == nullptr ? "" : fmt::format("{}{}{}", digits, meant->name, q.suffix));
  }

  Problem zero() const {
    if (q.suffix.empty()) return {Code::zero, "a size of zero makes no sense here", {}, {}};
    return {Code::zero, "a rate of zero would never end", no_limit, {}};
  }

  Problem no_number() const {
    Problem problem = bad("it does not begin with a whole number", {}, {});
    for (const std::string_view word : {"unlimited", "none", "off", "max", "infinite", "no"})
      if (text == word && !q.suffix.empty()) problem.help = no_limit;
    return problem;
  }

  Parsed<std::uint64_t> value() const {
    constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const std::string_view digits = leading_digits(text);
    if (digits.empty()) return no_number();
    if (text.find_first_not_of('0') == std::string_view::npos) return zero();
    const std::string_view rest = text.substr(digits.size());
    const std::string_view name = leading_letters(rest);
    const Unit* unit = find_unit(size_units, name);
    if (unit == nullptr) return bad_unit(digits, rest);
    const std::string_view time = rest.substr(name.size());
    if (time != q.suffix) {
      const bool rate = !q.suffix.empty();
      return bad(rate ? "it has to say how much per second"
                      : (time == "/s" ? "it is a rate" : "nothing follows its unit"),
                 place_of(time, text),
                 rate           ? "`/s` is expected here"
                 : time == "/s" ? "a size says no time"
                                : "",
                 fmt::format("{}{}{}", digits, name, q.suffix));
    }
    const auto count = value_of(digits, max / unit->size);
    if (!count) return bad("it is too large", {}, {});
    if (*count == 0) return zero();
    return *count * unit->size;
  }
};

}  // namespace

Parsed<std::uint64_t> parse_rate(std::string_view text) {
  return Reading{rate_words, text}.value();
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  return Reading{size_words, text}.value();
}

}  // namespace zr
