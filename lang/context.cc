#include "lang/context.h"

#include <algorithm>

#include "lang/synonyms.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::size_t max_suggested_errors = 100;
constexpr std::size_t max_comparisons = 200'000;

}  // namespace

void Context::error(Code code, Span span, std::string message, std::string label,
                    std::vector<Help> help, std::vector<Label> secondary) {
  Diagnostic d;
  d.code = to_string(code);
  d.message = std::move(message);
  d.span = span;
  d.label = std::move(label);
  d.secondary = std::move(secondary);
  d.help = std::move(help);
  diagnostics_.add(std::move(d));
}

const ast::Token* Context::begin(const ast::Statement& s) const {
  return file_.tokens.data() + s.first_token;
}

const ast::Token* Context::end(const ast::Statement& s) const { return begin(s) + s.token_count; }

Span Context::span(const ast::Token& token) const { return {file_.source, token.begin, token.end}; }

Span Context::span(const ast::Statement& s) const {
  if (s.token_count == 0) return opening_brace(s);
  return {file_.source, begin(s)->begin, (end(s) - 1)->end};
}

Span Context::opening_brace(const ast::Statement& s) const {
  return {file_.source, s.open, s.open + 1};
}

std::string_view Context::text(const ast::Token& token) const {
  std::string_view text = sources_.text(span(token));
  if (token.kind == ast::TokenKind::word && token.subtree) text.remove_suffix(1);
  return text;
}

std::string Context::string_value(const ast::Token& token) const {
  const std::string_view text = sources_.text(span(token));
  std::string value;
  for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      value += text[i];
      continue;
    }
    const char escaped = text[++i];
    value += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
  }
  return value;
}

std::string_view Context::key(const ast::Statement& s) const {
  if (s.token_count == 0 || begin(s)->kind != ast::TokenKind::word || begin(s)->subtree) return {};
  return text(*begin(s));
}

bool Context::may_suggest(std::size_t candidates) const {
  return errors() < max_suggested_errors && comparisons_ + candidates < max_comparisons;
}

std::vector<Help> Context::suggestion(Span span, std::string_view wrong,
                                      const std::vector<std::string>& candidates) {
  if (!may_suggest(candidates.size())) return {};
  comparisons_ += candidates.size();
  auto near = synonym(wrong, candidates);
  if (!near) near = nearest_name(wrong, candidates);
  if (!near) return {};
  return {replacement(span, *near)};
}

Help advice(std::string text) { return {std::move(text), std::nullopt, {}}; }

Help replacement(Span span, std::string with) {
  return {"write `" + printable(with) + "`", span, with};
}

std::string one_of(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += "`" + words[i] + "`";
  }
  return text;
}

bool is_foreign_comment(std::string_view word) {
  const std::string_view begin = word.substr(0, 2);
  return begin == "//" || begin == "--" || word == "/";
}

bool is_broken(const ast::Statement& s) {
  return s.broken || std::any_of(s.body.begin(), s.body.end(), is_broken);
}

}  // namespace zr
