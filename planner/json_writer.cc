#include "planner/json_writer.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "lang/utf8.h"

namespace zr {
namespace {

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

void append_character(std::string& out, std::string_view text, const Utf8& character) {
  if (!character.valid) {
    out += "\\ufffd";
  } else if (character.code == '"' || character.code == '\\') {
    out += '\\';
    out += text[0];
  } else if (character.code < 0x20 || character.code == 0x7f) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(character.code));
  } else {
    out += text.substr(0, character.length);
  }
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
  text(name);
  out_ += open_.back().layout == Layout::lines ? ": " : ":";
  after_key_ = true;
  return *this;
}

void JsonWriter::text(std::string_view text) {
  before_value();
  out_ += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const Utf8 character = first_character(text);
    append_character(out_, text, character);
    text.remove_prefix(character.length);
  }
  out_ += '"';
}

void JsonWriter::number(std::uint64_t value) {
  before_value();
  fmt::format_to(std::back_inserter(out_), "{}", value);
}

void JsonWriter::decimal(std::uint64_t value) {
  before_value();
  fmt::format_to(std::back_inserter(out_), "\"{}\"", value);
}

void JsonWriter::flag(bool value) {
  before_value();
  out_ += value ? "true" : "false";
}

void JsonWriter::text_or_null(const std::optional<std::string>& value) {
  if (value) return text(*value);
  null();
}

void JsonWriter::number_or_null(std::optional<std::uint64_t> value) {
  if (value) return number(*value);
  null();
}

void JsonWriter::null() {
  before_value();
  out_ += "null";
}

std::string JsonWriter::take() && {
  out_ += '\n';
  return std::move(out_);
}

void JsonWriter::begin(char bracket, Layout layout) {
  before_value();
  if (!open_.empty() && open_.back().layout == Layout::one_line) layout = Layout::one_line;
  out_ += bracket;
  open_.push_back({layout, true});
}

void JsonWriter::end(char bracket) {
  const Container container = open_.back();
  open_.pop_back();
  if (container.layout == Layout::lines && !container.empty) new_line();
  out_ += bracket;
}

void JsonWriter::before_value() {
  if (std::exchange(after_key_, false) || open_.empty()) return;
  Container& parent = open_.back();
  if (!std::exchange(parent.empty, false)) out_ += ',';
  if (parent.layout == Layout::lines) new_line();
}

void JsonWriter::new_line() {
  out_ += '\n';
  out_.append(2 * open_.size(), ' ');
}

}  // namespace zr
