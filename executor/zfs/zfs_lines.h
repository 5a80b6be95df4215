#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "executor/result.h"

namespace zr {

// Cuts text into lines, of at most 64 KiB.
class LineReader {
 public:
  using OnLine = std::function<Result<void>(std::string_view line)>;

  LineReader(std::string command, OnLine on_line)
      : command_(std::move(command)), on_line_(std::move(on_line)) {}
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  Result<void> feed(std::string_view);
  // A last line without its end is an error: zfs did not come to its own.
  Result<void> finish();

  // An error about the line at hand.
  Error bad_line(std::string_view line, std::string_view what) const;

 private:
  Result<void> take(std::string_view line);

  std::string command_;  // "zfs list", for messages
  OnLine on_line_;
  std::string rest_;
  std::size_t line_number_ = 0;
};

// The fields between tabs where there are exactly N.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> split_fields(std::string_view line) {
  std::array<std::string_view, N> fields;
  for (std::size_t i = 0; i + 1 < N; ++i) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) return std::nullopt;
    fields[i] = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  if (line.find('\t') != std::string_view::npos) return std::nullopt;
  fields[N - 1] = line;
  return fields;
}

// All of the text as a number.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

// What zfs prints where a property does not apply or has no value.
inline bool is_no_value(std::string_view value) { return value.empty() || value == "-"; }

}  // namespace zr
