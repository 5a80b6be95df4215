#include "lang/literal_scan.h"

namespace zr {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view leading_digits(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
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

std::optional<std::uint64_t> value_of(std::string_view digits, std::uint64_t max) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (max - std::min(digit, max)) / 10 || digit > max) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

Place place_of(std::string_view part, std::string_view text) {
  const auto begin = static_cast<std::size_t>(part.data() - text.data());
  return {begin, begin + part.size()};
}

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

}  // namespace zr
