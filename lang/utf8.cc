#include "lang/utf8.h"

#include <fmt/format.h>

#include <cstdint>

namespace zr {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

struct Lead {
  std::size_t length;
  unsigned bits;
  char32_t least;  // below it the form is overlong
};

Lead lead_of(unsigned byte) {
  if (byte < 0x80) return {1, byte, 0};
  if (byte >= 0xC2 && byte < 0xE0) return {2, byte & 0x1FU, 0x80};
  if (byte >= 0xE0 && byte < 0xF0) return {3, byte & 0x0FU, 0x800};
  if (byte >= 0xF0 && byte < 0xF5) return {4, byte & 0x07U, 0x10000};
  return {0, 0, 0};
}

}  // namespace

Utf8 first_character(std::string_view text) {
  const Lead lead = lead_of(byte_at(text, 0));
  if (lead.length == 0 || lead.length > text.size()) return {};
  char32_t code = lead.bits;
  for (std::size_t i = 1; i < lead.length; ++i) {
    const unsigned byte = byte_at(text, i);
    if ((byte & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (byte & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < lead.least || surrogate || code > 0x10FFFF) return {};
  return {code, lead.length, true};
}

bool is_deceptive(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

std::string character_name(const Utf8& character, std::string_view text) {
  if (!character.valid) return fmt::format("byte 0x{:02X}", byte_at(text, 0));
  return fmt::format("U+{:04X}", static_cast<std::uint32_t>(character.code));
}

std::string printable_character(std::string_view text, const Utf8& character) {
  if (!character.valid) return fmt::format("\\x{:02x}", byte_at(text, 0));
  if (!is_deceptive(character.code)) return std::string(text.substr(0, character.length));
  return fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(character.code));
}

std::string printable(std::string_view text, std::size_t max) {
  std::string out;
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count == max) return out + "…";
    const Utf8 character = first_character(text);
    out += printable_character(text, character);
    text.remove_prefix(character.length);
  }
  return out;
}

}  // namespace zr
