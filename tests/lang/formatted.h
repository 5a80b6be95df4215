#pragma once

#include <optional>
#include <string>

#include "lang/format.h"
#include "lang/parse.h"
#include "lang/spelling.h"
#include "tests/lang/site.h"

namespace zr {

struct ParsedText {
  Sources sources;
  Diagnostics diagnostics;
  std::optional<ast::File> file;

  explicit ParsedText(const std::string& text) {
    file = parse(sources, sources.add("site.zr", text), diagnostics);
  }
  bool is_right() const { return file && !diagnostics.has_errors(); }
};

// None for a text with syntax errors.
inline std::optional<std::string> formatted(const std::string& text) {
  const ParsedText parsed(text);
  if (!parsed.is_right()) return std::nullopt;
  return format(*parsed.file, text);
}

// Everything that a layout promises, for a text and what became of it; empty when it keeps it.
inline std::string problem_with(const std::string& before, const std::string& after) {
  const ParsedText first(before);
  const ParsedText second(after);
  if (!second.is_right()) return "it has syntax errors";
  if (without_layout(*first.file, before) != without_layout(*second.file, after))
    return "it says something else";
  if (first.file->comments.size() != second.file->comments.size()) return "a comment is gone";
  if (format(*second.file, after) != after) return "formatting it again changes it";
  if (!after.empty() && (after.back() != '\n' || after.front() == '\n')) return "its ends are off";
  for (const char* never : {"\n\n\n", " \n", "\r\n", "\xEF\xBB\xBF"})
    if (after.find(never) != std::string::npos) return std::string("it has ") + never;
  const Site meant = compile_site(before);
  const Site means = compile_site(after);
  if (meant.policy.has_value() != means.policy.has_value()) return "it compiles, or no longer does";
  if (meant.policy && meant.policy->hash != means.policy->hash) return "it means something else";
  return "";
}

}  // namespace zr
