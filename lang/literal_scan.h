#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace zr {

// The pieces that literals are made of; for literals.cc and quantities.cc.

inline constexpr std::uint64_t max_u64 = std::numeric_limits<std::uint64_t>::max();

bool is_digit(char);
std::string_view leading_digits(std::string_view);
std::string_view leading_letters(std::string_view);
bool equal_folded(std::string_view, std::string_view);

// None when the digits say more than `max`.
std::optional<std::uint64_t> value_of(std::string_view digits, std::uint64_t max);

// A part of a text, to point at; the whole one unless said.
struct Place {
  std::size_t begin = 0;
  std::size_t end = std::string_view::npos;
};
Place place_of(std::string_view part, std::string_view text);

// A number with a point, in tenths, hundredths or thousandths.
struct Fraction {
  std::uint64_t value = 0;
  std::uint64_t parts = 1;
  std::string_view text;
};
// At the beginning of a text; none when it has very many digits.
std::optional<Fraction> fraction_at(std::string_view text);

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  const auto found =
      std::find_if(units.begin(), units.end(), [name](const Unit& u) { return u.name == name; });
  return found == units.end() ? nullptr : &*found;
}

}  // namespace zr
