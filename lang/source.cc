#include "lang/source.h"

#include <algorithm>

namespace zr {

SourceId Sources::add(std::string name, std::string text) {
  Source source{std::move(name), std::move(text), {0}};
  for (std::size_t at = source.text.find('\n'); at != std::string::npos;
       at = source.text.find('\n', at + 1)) {
    source.line_begins.push_back(static_cast<std::uint32_t>(at + 1));
  }
  sources_.push_back(std::move(source));
  return static_cast<SourceId>(sources_.size() - 1);
}

const Sources::Source& Sources::at(SourceId id) const {
  return sources_.at(static_cast<std::size_t>(id));
}

const std::string& Sources::name(SourceId id) const { return at(id).name; }

std::string_view Sources::text(SourceId id) const { return at(id).text; }

std::string_view Sources::text(Span span) const {
  const std::string_view all = at(span.source).text;
  const std::size_t begin = std::min<std::size_t>(span.begin, all.size());
  const std::size_t end = std::clamp<std::size_t>(span.end, begin, all.size());
  return all.substr(begin, end - begin);
}

namespace {

std::size_t line_index(const std::vector<std::uint32_t>& begins, std::uint32_t offset) {
  const auto after = std::upper_bound(begins.begin(), begins.end(), offset);
  return static_cast<std::size_t>(after - begins.begin()) - 1;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

Position Sources::position(SourceId id, std::uint32_t offset) const {
  const Source& source = at(id);
  const auto end = static_cast<std::uint32_t>(source.text.size());
  offset = std::min(offset, end);
  const std::size_t line = line_index(source.line_begins, offset);
  std::uint32_t column = 1;
  for (std::uint32_t i = source.line_begins[line]; i < offset; ++i) {
    column += continues_character(source.text[i]) ? 0U : 1U;
  }
  return {static_cast<std::uint32_t>(line + 1), column};
}

std::string_view Sources::line(SourceId id, std::uint32_t line) const {
  const Source& source = at(id);
  if (line == 0 || line > source.line_begins.size()) return {};
  const std::size_t begin = source.line_begins[line - 1];
  std::size_t end =
      line < source.line_begins.size() ? source.line_begins[line] - 1 : source.text.size();
  if (line < source.line_begins.size() && end > begin && source.text[end - 1] == '\r') --end;
  return std::string_view(source.text).substr(begin, end - begin);
}

std::uint32_t Sources::line_begin(SourceId id, std::uint32_t line) const {
  const Source& source = at(id);
  if (line == 0) return 0;
  if (line > source.line_begins.size()) return static_cast<std::uint32_t>(source.text.size());
  return source.line_begins[line - 1];
}

Origin Sources::origin(Span span) const {
  const Source& source = at(span.source);
  const auto end = static_cast<std::uint32_t>(source.text.size());
  const std::size_t line = line_index(source.line_begins, std::min(span.begin, end));
  return {source.name, static_cast<std::uint32_t>(line + 1)};
}

const Expansion* Sources::expansion(Span span) const {
  if (span.expansion == ExpansionId::none) return nullptr;
  return &expansions_.at(static_cast<std::size_t>(span.expansion) - 1);
}

ExpansionId Sources::add(Expansion expansion) {
  expansions_.push_back(std::move(expansion));
  return static_cast<ExpansionId>(expansions_.size());
}

}  // namespace zr
