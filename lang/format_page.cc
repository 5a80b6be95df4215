#include "lang/format_page.h"

#include <algorithm>

#include "lang/characters.h"

namespace zr {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // a byte that begins one
  }));
}

std::string_view text_of(const ast::Comment& comment, std::string_view source) {
  std::string_view text = source.substr(comment.begin, comment.end - comment.begin);
  while (is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Page::Page(std::string_view source, const std::vector<ast::Comment>& comments)
    : source_(source), source_begin_(byte_order_mark(source)), comments_(comments) {}

void Page::write(std::string_view text) {
  out_ += text;
  column_ += characters(text);
  line_is_full_ = false;
}

void Page::new_line(std::size_t depth, std::uint32_t offset) {
  if (!out_.empty() && !group_is_empty_ && is_behind_blank_line(offset)) out_ += '\n';
  new_line(depth);
}

void Page::new_line(std::size_t depth) {
  if (!out_.empty()) out_ += '\n';
  out_.append(2 * depth, ' ');
  column_ = 2 * depth;
  group_is_empty_ = false;
  line_is_full_ = false;
}

bool Page::comments_before(std::uint32_t offset, std::size_t depth) {
  const std::size_t first = next_comment_;
  while (next_comment_ < comments_.size() && comments_[next_comment_].begin < offset)
    write_comment(depth);
  return next_comment_ > first;
}

void Page::comment_behind(std::uint32_t before) {
  if (next_comment_ == comments_.size() || comments_[next_comment_].begin >= before) return;
  if (ends_its_line(comments_[next_comment_]) && !line_is_full_) write_comment(0);
}

void Page::write_comment(std::size_t depth) {
  const ast::Comment& comment = comments_[next_comment_++];
  if (ends_its_line(comment) && !line_is_full_) {
    out_ += ' ';
  } else {
    new_line(depth, comment.begin);
  }
  write(text_of(comment, source_));
  line_is_full_ = true;
}

void Page::back_to(Mark mark) {
  out_.resize(mark.size);
  column_ = mark.column;
}

std::string Page::take() {
  if (!out_.empty()) out_ += '\n';
  return std::move(out_);
}

// A `;` that nothing stands before is as good as a blank.
bool Page::ends_its_line(const ast::Comment& comment) const {
  std::size_t i = comment.begin;
  while (i > source_begin_ && (is_blank(source_[i - 1]) || source_[i - 1] == ';')) --i;
  return i > source_begin_ && source_[i - 1] != '\n';
}

bool Page::is_behind_blank_line(std::uint32_t offset) const {
  std::size_t line_ends = 0;
  for (std::size_t i = offset; i > source_begin_ && line_ends < 2; --i) {
    const char c = source_[i - 1];
    if (c == '\n') {
      ++line_ends;
    } else if (c == ';') {
      line_ends = 0;
    } else if (!is_blank(c)) {
      return false;
    }
  }
  return line_ends == 2;
}

}  // namespace zr
