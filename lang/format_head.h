#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lang/ast.h"
#include "lang/format_page.h"

namespace zr {

// Writes what a statement says before its block: the blanks between its tokens, and its lists,
// which are on one line, or have a line for each item. Used by one format().
class HeadFormatter {
 public:
  HeadFormatter(Page&, const ast::File&, std::string_view text);

  // On the line that the page is at, whose depth this is. `reserved`: columns for what follows.
  void write(const ast::Statement&, std::size_t depth, std::size_t reserved);

 private:
  // What is known of a token before any is written.
  struct Shape {
    std::uint32_t close = 0;         // of a bracket: the token that closes it
    std::uint32_t lists_before = 0;  // how many brackets before it have broken lines
    std::uint32_t comments_to = 0;   // how many tokens up to it have a comment directly before them
    bool broken = false;             // of a bracket: its author put a line end between its items
    bool has_commas = false;         // of a bracket: it is a list of more than one item
    bool joins = false;              // it is one with the word before it
  };

  void measure();
  void measure_lines();
  void join_intervals();
  void sequence(std::size_t first, std::size_t last, std::size_t depth, std::size_t reserved);
  void bracket(std::size_t open, std::size_t depth, bool broken);
  void list(std::size_t open, std::size_t depth);
  std::size_t end_of_item(std::size_t first, std::size_t close) const;
  bool has_line_ends(std::size_t first, std::size_t last) const;
  bool fits(std::size_t first, std::size_t last, std::size_t reserved) const;
  bool blank_before(std::size_t token) const;
  bool is_argument(std::size_t equals) const;
  std::string_view text(std::size_t token) const;

  Page& page_;
  const ast::File& file_;
  std::string_view text_;
  std::span<const ast::Token> tokens_;
  std::vector<Shape> shapes_;          // of tokens_, and one more
  std::vector<std::uint32_t> opened_;  // while measuring
};

}  // namespace zr
