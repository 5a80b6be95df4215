#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "lang/codes.h"

namespace zr {

// The words that stand for quantities. Each function says what a text means, or what is wrong.

struct Problem {
  Code code{};
  std::string message;
  std::string help;         // advice; may be empty
  std::string replacement;  // the mended text; may be empty
  std::string label{};      // what would fit at the place; may be empty
  // The place: from where on nothing makes sense, a range in the text. Empty at the end where
  // something is missing; without `end` it is the whole text.
  std::size_t begin = 0;
  std::size_t end = std::string_view::npos;
};

template <class T>
using Parsed = std::variant<T, Problem>;

inline constexpr std::chrono::seconds max_duration = std::chrono::hours{24 * 36525};  // 100 years

// A whole number from 1 to `max`.
Parsed<std::uint64_t> parse_number(std::string_view, std::uint64_t max);
// "15m", "1h30m": at least a second, at most max_duration.
Parsed<std::chrono::seconds> parse_duration(std::string_view);
// "80MiB/s", in bytes per second.
Parsed<std::uint64_t> parse_rate(std::string_view);
// "10GiB", in bytes.
Parsed<std::uint64_t> parse_size(std::string_view);

}  // namespace zr
