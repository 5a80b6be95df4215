#include "lang/format_head.h"

#include <cassert>

#include "lang/spelling.h"

namespace zr {

using ast::Token;
using ast::TokenKind;

HeadFormatter::HeadFormatter(Page& page, const ast::File& file, std::string_view text)
    : page_(page), file_(file), text_(text) {}

void HeadFormatter::write(const ast::Statement& statement, std::size_t depth,
                          std::size_t reserved) {
  tokens_ = std::span(file_.tokens).subspan(statement.first_token, statement.token_count);
  measure();
  sequence(0, tokens_.size(), depth, reserved);
}

std::string_view HeadFormatter::text(std::size_t token) const {
  return text_.substr(tokens_[token].begin, tokens_[token].end - tokens_[token].begin);
}

void HeadFormatter::measure() {
  shapes_.assign(tokens_.size() + 1, {});
  measure_lines();
  for (std::size_t i = 0; i < tokens_.size(); ++i)
    shapes_[i + 1].lists_before = shapes_[i].lists_before + (shapes_[i].broken ? 1U : 0U);
  if (is_grid(tokens_, text_)) join_intervals();
}

// A line end between two tokens is one of the innermost bracket around both. A comment has one.
void HeadFormatter::measure_lines() {
  opened_.clear();
  for (std::uint32_t i = 0; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (i > 0) {
      const std::uint32_t end = tokens_[i - 1].end;
      const std::string_view gap = text_.substr(end, token.begin - end);
      const bool has_comment = gap.find('#') != gap.npos;
      const bool is_empty_list =
          tokens_[i - 1].kind == TokenKind::open && token.kind == TokenKind::close && !has_comment;
      shapes_[i].comments_to = shapes_[i - 1].comments_to + (has_comment ? 1U : 0U);
      if (!opened_.empty() && !is_empty_list && gap.find('\n') != gap.npos)
        shapes_[opened_.back()].broken = true;
    }
    if (token.kind == TokenKind::open) opened_.push_back(i);
    if (opened_.empty()) continue;
    if (token.kind == TokenKind::comma) shapes_[opened_.back()].has_commas = true;
    if (token.kind == TokenKind::close) {
      shapes_[opened_.back()].close = i;
      opened_.pop_back();
    }
  }
  assert(opened_.empty());  // or the file has an error
}

void HeadFormatter::join_intervals() {
  for (std::size_t i = 0; i < tokens_.size();) {
    const std::size_t words = words_of_interval(tokens_.subspan(i), text_);
    for (std::size_t k = 1; k < words; ++k) shapes_[i + k].joins = true;
    i += words;
  }
}

// Tokens that go on one line, except that a list among them may have lines of its own: because its
// author gave it some, or because the line would be too long.
void HeadFormatter::sequence(std::size_t first, std::size_t last, std::size_t depth,
                             std::size_t reserved) {
  const bool too_long = !has_line_ends(first, last) && !fits(first, last, reserved);
  for (std::size_t i = first; i < last; ++i) {
    if (i > first) {
      if (page_.comments_before(tokens_[i].begin, depth + 1)) {
        page_.new_line(depth + 1, tokens_[i].begin);
      } else if (blank_before(i)) {
        page_.write(" ");
      }
    }
    if (tokens_[i].kind == TokenKind::open) {
      bracket(i, depth, shapes_[i].broken || (too_long && shapes_[i].has_commas));
      i = shapes_[i].close;
    } else {
      page_.write(text(i));
    }
  }
}

void HeadFormatter::bracket(std::size_t open, std::size_t depth, bool broken) {
  const std::size_t close = shapes_[open].close;
  page_.write(text(open));
  if (broken) {
    page_.begin_group();
    list(open, depth + 1);
    page_.new_line(depth);
  } else {
    const std::size_t last = is_trailing_comma(tokens_, close - 1, text_) ? close - 1 : close;
    sequence(open + 1, last, depth, 1);
  }
  page_.write(text(close));
}

void HeadFormatter::list(std::size_t open, std::size_t depth) {
  const std::size_t close = shapes_[open].close;
  for (std::size_t first = open + 1; first < close;) {
    const std::size_t end = end_of_item(first, close);
    page_.comments_before(tokens_[first].begin, depth);
    page_.new_line(depth, tokens_[first].begin);
    sequence(first, end, depth, 1);
    if (end < close || may_end_with_comma(tokens_, close, text_)) page_.write(",");
    first = end + 1;
  }
  page_.comments_before(tokens_[close].begin, depth);
}

std::size_t HeadFormatter::end_of_item(std::size_t first, std::size_t close) const {
  std::size_t end = first;
  while (end < close && tokens_[end].kind != TokenKind::comma)
    end = tokens_[end].kind == TokenKind::open ? shapes_[end].close + 1 : end + 1;
  return end;
}

bool HeadFormatter::has_line_ends(std::size_t first, std::size_t last) const {
  if (first >= last) return false;
  return shapes_[last].lists_before > shapes_[first].lists_before ||
         shapes_[last - 1].comments_to > shapes_[first].comments_to;
}

// Looks at no more tokens than a line can hold.
bool HeadFormatter::fits(std::size_t first, std::size_t last, std::size_t reserved) const {
  std::size_t column = page_.column() + reserved;
  for (std::size_t i = first; i < last && column <= page_width; ++i)
    column += characters(text(i)) + (i > first && blank_before(i) ? 1 : 0);
  return column <= page_width;
}

bool HeadFormatter::blank_before(std::size_t token) const {
  const TokenKind before = tokens_[token - 1].kind;
  const TokenKind kind = tokens_[token].kind;
  if (before == TokenKind::open || kind == TokenKind::close || kind == TokenKind::comma)
    return false;
  if (kind == TokenKind::open && text(token) == "(") return before != TokenKind::word;
  if (kind == TokenKind::equals) return !is_argument(token);
  if (before == TokenKind::equals) return !is_argument(token - 1);
  return !shapes_[token].joins;
}

// `(keep=all)`, but `(host: host = nas)` and `let name = value`.
bool HeadFormatter::is_argument(std::size_t equals) const {
  if (equals < 2 || tokens_[equals - 1].kind != TokenKind::word) return false;
  const TokenKind before = tokens_[equals - 2].kind;
  return (before == TokenKind::open || before == TokenKind::comma) &&
         text(equals - 1).find(':') == std::string_view::npos;
}

}  // namespace zr
