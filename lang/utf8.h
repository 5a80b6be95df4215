#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace zr {

struct Utf8 {
  char32_t code = 0;
  std::size_t length = 1;  // in bytes; 1 for a byte that is not valid UTF-8
  bool valid = false;
};

// The first character of a text that is not empty. Strict: no overlong forms, no surrogates.
Utf8 first_character(std::string_view);

// Characters that a reader can't see or that change how the rest is shown: control characters, line
// separators, bidirectional marks and the byte order mark. A tab and a line feed are controls too.
bool is_deceptive(char32_t);

// "U+202E", or "byte 0xFF" when it is not valid.
std::string character_name(const Utf8&, std::string_view text);

// For a terminal, one character: itself, or an escape such as \u{202e} or \xff.
std::string printable_character(std::string_view text, const Utf8&);
// A text for a message: escaped, and cut with an ellipsis after `max` characters.
std::string printable(std::string_view text, std::size_t max = 60);

}  // namespace zr
