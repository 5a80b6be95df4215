#include <algorithm>

#include "lang/quote.h"
#include "lang/reader.h"

// The part of Reader that reads lists.

namespace zr {

using ast::Token;
using ast::TokenKind;

// What stands here, up to the end, as the list that it should be: `sudo zfs`, `"sudo zfs"`.
Help Reader::as_list() const {
  Span all = here();
  all.end = context_.span(statement_).end;
  std::string list;
  for (const Token* token = next_; token != end_; ++token) {
    if (token->kind != TokenKind::string && token->kind != TokenKind::word) continue;
    const std::string text = token->kind == TokenKind::string ? context_.string_value(*token)
                                                              : std::string(context_.text(*token));
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t blank = std::min(text.find(' ', at), text.size());
      if (blank > at) {
        list += (list.empty() ? "" : ", ") + quoted(text.substr(at, blank - at));
      }
      at = blank + 1;
    }
  }
  return replacement(all, "[" + list + "]");
}

std::optional<std::vector<std::string>> Reader::strings() {
  if (at_end() && statement_.has_block) {
    fail(Code::bad_list, context_.opening_brace(statement_), "a list stands in square brackets",
         "not in a block", {advice("write `[\"sudo\", \"zfs\"]`")});
  }
  if (!expect_value("a list of strings")) return std::nullopt;
  const auto is_sign = [this](TokenKind kind, std::string_view sign) {
    return at(kind) && context_.text(*peek()) == sign;
  };
  const Span list = here();
  if (!is_sign(TokenKind::open, "[")) {
    std::vector<Help> help;
    if (at(TokenKind::string) || at(TokenKind::word)) help.push_back(as_list());
    fail(Code::bad_list, list, "expected a list of strings, such as `[\"sudo\", \"zfs\"]`", "",
         std::move(help));
    return std::nullopt;
  }
  next();
  std::vector<std::string> values;
  while (ok_ && !is_sign(TokenKind::close, "]")) {
    const auto value = string("an element of the list");
    if (!value) return std::nullopt;
    values.push_back(*value);
    if (at(TokenKind::comma)) {
      next();
    } else if (!is_sign(TokenKind::close, "]")) {
      const Span place{here().source, here().begin, here().begin, here().expansion};
      std::vector<Help> help;
      if (at(TokenKind::string)) help.push_back({"put a comma before this", place, ", "});
      fail(Code::bad_list, here(), "expected `,` or `]`", "", std::move(help));
    }
  }
  next();
  if (values.empty()) fail(Code::bad_list, list, "the list is empty");
  return ok_ ? std::optional(values) : std::nullopt;
}

}  // namespace zr
