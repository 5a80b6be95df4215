#include "lang/characters.h"

#include <algorithm>

#include "lang/codes.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::string_view mark = "\xEF\xBB\xBF";

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte < 0x7F) || c == '\n' || c == '\t';
}

// A carriage return is a blank as the first half of CRLF, and a control character elsewhere.
bool is_line_end(std::string_view rest) { return rest.substr(0, 2) == "\r\n"; }

Diagnostic refused(Span span, std::string_view rest, const Utf8& character) {
  Diagnostic d;
  d.span = span;
  const std::string name = character_name(character, rest);
  if (!character.valid) {
    d.code = to_string(Code::invalid_utf8);
    d.message = "the text is not UTF-8 at " + name;
    d.label = "not UTF-8";
    d.help.push_back({"save the file as UTF-8", std::nullopt, {}});
  } else {
    d.code = to_string(Code::deceptive_character);
    d.message = "control character or direction mark " + name;
    d.label = "can't be seen, or changes how the rest is shown";
    d.help.push_back({"remove it", span, ""});
  }
  return d;
}

}  // namespace

bool is_refused_character(std::string_view rest) {
  if (is_plain(rest[0]) || is_line_end(rest)) return false;
  const Utf8 character = first_character(rest);
  return !character.valid || is_deceptive(character.code);
}

std::size_t byte_order_mark(std::string_view text) {
  return text.substr(0, mark.size()) == mark ? mark.size() : 0;
}

void check_characters(const Sources& sources, SourceId source, Diagnostics& diagnostics) {
  const std::string_view text = sources.text(source);
  for (std::size_t at = byte_order_mark(text); at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (is_plain(rest[0])) {
      ++at;
      continue;
    }
    const Utf8 character = first_character(rest);
    if (!is_refused_character(rest)) {
      at += character.length;
      continue;
    }
    const auto begin = static_cast<std::uint32_t>(at);
    const auto length = static_cast<std::uint32_t>(character.length);
    diagnostics.add(refused({source, begin, begin + length}, rest, character));
    at = std::min(text.find('\n', at), text.size());
  }
}

}  // namespace zr
