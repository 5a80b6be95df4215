#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lang/ast.h"
#include "lang/codes.h"
#include "lang/diagnostic.h"
#include "lang/scope.h"
#include "lang/source.h"
#include "lang/values.h"

namespace zr {

// What the passes that turn statements into values share: where the text is, what names mean there,
// and where to complain. All that is asked about a statement is asked while its scope is entered.
class Context {
 public:
  Context(Sources& sources, Diagnostics& diagnostics)
      : sources_(sources), diagnostics_(diagnostics) {}

  // Until the next call; the scope has to outlive what is asked.
  void enter(const Scope& scope) { scope_ = &scope; }
  const Scope& scope() const { return *scope_; }
  Sources& sources() { return sources_; }
  const Sources& sources() const { return sources_; }

  void error(Code, Span, std::string message, std::string label = {}, std::vector<Help> help = {},
             std::vector<Label> secondary = {});
  std::size_t errors() const { return diagnostics_.errors(); }

  const ast::Token* begin(const ast::Statement&) const;
  const ast::Token* end(const ast::Statement&) const;
  Span span(const ast::Token&) const;
  Span span(const ast::Statement&) const;  // its tokens, without the block
  Span opening_brace(const ast::Statement&) const;
  // Of what an expansion of the built-in library makes: the place that uses it.
  Origin origin(Span span) const;

  // A word without its `<`, its parameters replaced; of another token the text as written.
  std::string_view text(const ast::Token&) const;
  std::string_view text(Span span) const { return sources_.text(span); }
  // The same with its parameters as written: `{h}`.
  std::string_view raw_text(const ast::Token&) const;
  // The parameter that a word of nothing but `{name}` stands for, or null.
  const Value* whole_parameter(const ast::Token&) const;
  // What a string says, its escapes and parameters resolved.
  std::string string_value(const ast::Token&) const;
  // The first word of a statement; empty when it begins with something else.
  std::string_view key(const ast::Statement&) const;

  // "write `nas`", when a candidate is near. Empty once there are more errors than anybody reads,
  // or after very many comparisons: whoever has to gather the candidates asks before.
  bool may_suggest(std::size_t candidates = 0) const;
  std::vector<Help> suggestion(Span, std::string_view wrong,
                               const std::vector<std::string>& candidates);
  template <class T, class Order>
  std::vector<Help> suggestion(Span span, std::string_view wrong,
                               const std::map<std::string, T, Order>& declared) {
    if (!may_suggest(declared.size())) return {};
    std::vector<std::string> names;
    names.reserve(declared.size());
    for (const auto& [name, what] : declared) names.push_back(name);
    return suggestion(span, wrong, names);
  }
  template <class T>
  std::vector<Help> suggestion(Span span, std::string_view wrong, const VisibleNames<T>& visible) {
    if (!may_suggest(visible.size())) return {};
    return suggestion(span, wrong, std::vector<std::string>(visible));
  }
  // The nearest of the constants and parameters of a type.
  std::vector<Help> suggestion(Span, std::string_view wrong, Type);

 private:
  // The parameter's text, unless that is too much, which is reported once.
  void append_parameter(const ast::Token&, std::string_view name, std::string& text) const;

  Sources& sources_;
  Diagnostics& diagnostics_;
  const Scope* scope_ = nullptr;
  // Texts with parameters replaced: views of them were handed out.
  mutable std::deque<std::string> replaced_;
  mutable std::size_t made_bytes_ = 0;
  mutable bool reported_text_ = false;
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
