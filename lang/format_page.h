#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lang/ast.h"

namespace zr {

inline constexpr std::size_t page_width = 100;  // in characters

// What a formatter writes on. It knows of lines, indentation, and the comments of the source, which
// it puts where they were: behind what stands before them, or on lines of their own. Offsets are
// into the source. Used by one format().
class Page {
 public:
  // How far the page was written, to go back to or to look at what was written since.
  struct Mark {
    std::size_t size = 0;
    std::size_t column = 0;
  };

  Page(std::string_view source, const std::vector<ast::Comment>& comments);

  // Of text without line ends.
  void write(std::string_view);
  // A new line for what stands at `offset`, behind a blank line if its author left any; a group's
  // first line has none before it.
  void new_line(std::size_t depth, std::uint32_t offset);
  void new_line(std::size_t depth);
  // Behind a `{`, `(` or `[` whose content has lines of its own.
  void begin_group() { group_is_empty_ = true; }

  // The comments that stand before this offset and were not written yet. Whether there was any.
  bool comments_before(std::uint32_t offset, std::size_t depth);
  // Likewise, only one that ends the line that was written last.
  void comment_behind(std::uint32_t before);

  std::size_t column() const { return column_; }
  Mark mark() const { return {out_.size(), column_}; }
  bool has_lines_since(Mark mark) const { return out_.find('\n', mark.size) != out_.npos; }
  bool has_blank_line_since(Mark mark) const { return out_.find("\n\n", mark.size) != out_.npos; }
  // Only over text without comments.
  void back_to(Mark);
  void insert_blank_line(Mark mark) { out_.insert(mark.size, 1, '\n'); }

  std::string take();

 private:
  bool ends_its_line(const ast::Comment&) const;
  bool is_behind_blank_line(std::uint32_t offset) const;
  void write_comment(std::size_t depth);

  std::string_view source_;
  std::size_t source_begin_;  // behind a byte order mark
  const std::vector<ast::Comment>& comments_;
  std::size_t next_comment_ = 0;
  std::string out_;
  std::size_t column_ = 0;
  bool group_is_empty_ = true;
  bool line_is_full_ = true;  // it ends with a comment, or there is none yet
};

// How many, of a text that is UTF-8.
std::size_t characters(std::string_view);

// The comment without the blanks at its end.
std::string_view text_of(const ast::Comment&, std::string_view source);

}  // namespace zr
