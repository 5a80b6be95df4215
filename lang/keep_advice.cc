#include "lang/keep_advice.h"

#include <algorithm>
#include <string>

#include "lang/literals.h"

namespace zr {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// Of `keep NUMBER WORD`: the kind that the word means.
std::vector<Help> number_first(Context& context, Span both, std::string_view number,
                               std::string_view word, const std::vector<std::string>& kinds) {
  std::string kind(word);
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    const auto meant = context.suggestion(both, word, kinds);
    if (meant.empty()) return {};
    kind = meant.front().replacement;
  }
  return {replacement(both, kind + " " + std::string(number))};
}

}  // namespace

std::vector<Help> keep_advice(Context& context, const ast::Statement& s,
                              const std::vector<std::string>& kinds) {
  const ast::Token* first = context.begin(s) + 1;
  if (s.token_count < 2 || first->kind != ast::TokenKind::word) return {};
  const Span span = context.span(*first);
  const std::string_view word = context.text(*first);
  if (word == "all" || word == "forever" || word == "everything") {
    return {advice("to destroy nothing, write no `prune` for these datasets")};
  }
  if (word == "none" || word == "nothing") {
    return {advice("the newest snapshot always stays; `keep last 1` keeps no other")};
  }
  if (is_number(word)) {
    if (s.token_count == 2) return {replacement(span, "last " + std::string(word))};
    const ast::Token& second = first[1];
    if (second.kind != ast::TokenKind::word) return {};
    Span both = span;
    both.end = second.end;
    return number_first(context, both, word, context.text(second), kinds);
  }
  const std::size_t sign = word.find('x');
  if (is_number(word.substr(0, sign)) && sign != std::string_view::npos)
    return {replacement(span, "grid " + std::string(word))};
  if (std::holds_alternative<std::chrono::seconds>(parse_duration(word)))
    return {replacement(span, "within " + std::string(word))};
  return {};
}

}  // namespace zr
