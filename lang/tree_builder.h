#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/ast.h"
#include "lang/codes.h"
#include "lang/diagnostic.h"
#include "lang/source.h"

namespace zr {

// What the grammar does when a rule matches: grows the tree, and reports what has the wrong shape.
// Positions are offsets into the source. Used by one parse.
class TreeBuilder {
 public:
  TreeBuilder(const Sources&, SourceId, Diagnostics&);

  std::string_view text() const { return text_; }
  // After too much nesting or too many statements: one error, and the rest of the file is not read.
  bool gave_up() const { return gave_up_; }
  // Whether a line that looks like a declaration, here, means that a `}` is missing before it.
  bool expects_no_declaration() const { return templates_ == 0; }

  void comment(std::uint32_t begin, std::uint32_t end);
  void token(ast::TokenKind, std::uint32_t begin, std::uint32_t end);
  void word(std::uint32_t begin, std::uint32_t end);
  void string(std::uint32_t begin, std::uint32_t end);
  void unexpected(std::uint32_t begin, std::uint32_t end);

  void open_bracket(std::uint32_t at);
  void close_bracket(std::uint32_t at);
  void unclosed_bracket(std::uint32_t at);

  void open_block(std::uint32_t at);
  void close_block(std::uint32_t at);
  void unclosed_block(std::uint32_t at);
  void stray_brace(std::uint32_t at);

  void end_statement();
  void missing_line_end(std::uint32_t at);

  ast::File take();

 private:
  struct Level {
    std::vector<ast::Statement> done;
    ast::Statement current;
    bool in_statement = false;  // whether `current` has begun
    bool is_template = false;
  };
  struct Misplaced {  // a block whose `}` stands further left than the line that opens it
    std::uint32_t open = 0;
    std::uint32_t close = 0;
  };

  ast::Statement& current();
  void enter(std::uint32_t at);
  void headless_block(std::uint32_t at);
  void leave_block(std::uint32_t end);
  void watch_indentation(std::uint32_t open, std::uint32_t close);
  bool blame_missing_brace(std::vector<ast::Statement>&, std::size_t indent);
  bool wants_block(const ast::Statement&) const;
  std::size_t indentation_at(std::uint32_t) const;
  void report(Code, std::uint32_t begin, std::uint32_t end, std::string message, std::string label,
              std::string help, std::vector<Label> secondary = {});
  Span span(std::uint32_t begin, std::uint32_t end) const { return {source_, begin, end}; }

  const Sources& sources_;
  SourceId source_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  std::vector<ast::Token> tokens_;
  std::vector<ast::Comment> comments_;
  std::vector<Level> levels_;
  std::vector<std::uint32_t> brackets_;
  std::optional<Misplaced> misplaced_;
  std::optional<Misplaced> early_;  // likewise, further right: probably one `}` too many
  bool lacks_a_brace_ = false;      // a statement that lacks its `{` took the `}` of another
  std::size_t statements_ = 0;
  std::size_t templates_ = 0;
  bool gave_up_ = false;
};

}  // namespace zr
