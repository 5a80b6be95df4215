#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lang/ast.h"
#include "lang/codes.h"
#include "lang/diagnostic.h"
#include "lang/source.h"

namespace zr {

// What the passes that turn statements into values share: where the text is, and where to complain.
class Context {
 public:
  Context(const Sources& sources, const ast::File& file, Diagnostics& diagnostics)
      : sources_(sources), file_(file), diagnostics_(diagnostics) {}

  void error(Code, Span, std::string message, std::string label = {}, std::vector<Help> help = {},
             std::vector<Label> secondary = {});
  std::size_t errors() const { return diagnostics_.errors(); }

  const ast::Token* begin(const ast::Statement&) const;
  const ast::Token* end(const ast::Statement&) const;
  Span span(const ast::Token&) const;
  Span span(const ast::Statement&) const;  // its tokens, without the block
  Span opening_brace(const ast::Statement&) const;
  Origin origin(Span span) const { return sources_.origin(span); }

  // A word without its `<`; of another token the text as written.
  std::string_view text(const ast::Token&) const;
  std::string_view text(Span span) const { return sources_.text(span); }
  // What a string says, its escapes resolved.
  std::string string_value(const ast::Token&) const;
  // The first word of a statement; empty when it begins with something else.
  std::string_view key(const ast::Statement&) const;

  // "write `nas`", when a candidate is near. Empty once there are more errors than anybody reads,
  // or after very many comparisons.
  std::vector<Help> suggestion(Span, std::string_view wrong,
                               const std::vector<std::string>& candidates);
  template <class T>
  std::vector<Help> suggestion(Span span, std::string_view wrong,
                               const std::map<std::string, T>& declared) {
    if (!may_suggest(declared.size())) return {};
    std::vector<std::string> names;
    names.reserve(declared.size());
    for (const auto& [name, what] : declared) names.push_back(name);
    return suggestion(span, wrong, names);
  }

 private:
  bool may_suggest(std::size_t candidates) const;

  const Sources& sources_;
  const ast::File& file_;
  Diagnostics& diagnostics_;
  std::size_t comparisons_ = 0;
};

Help advice(std::string text);
Help replacement(Span, std::string with);
// "`a`, `b` or `c`"
std::string one_of(const std::vector<std::string>&);

// Whether a word begins a comment in other languages: `//`, `/*` or `--`.
bool is_foreign_comment(std::string_view word);

// Whether the statement or one in its block was reported by the parser.
bool is_broken(const ast::Statement&);

}  // namespace zr
