#include "lang/format.h"

#include "lang/format_head.h"
#include "lang/format_page.h"

namespace zr {
namespace {

class Formatter {
 public:
  Formatter(const ast::File& file, std::string_view text)
      : file_(file), text_(text), page_(text, file.comments), heads_(page_, file, text) {}

  std::string run() {
    declarations(file_.statements, 0);
    page_.comments_before(static_cast<std::uint32_t>(text_.size()) + 1, 0);
    return page_.take();
  }

 private:
  // A declaration of several lines stands apart from its neighbours. What decides is the layout
  // that it gets, so the blank line comes last: before the comments that are about the declaration.
  void declarations(const std::vector<ast::Statement>& all, std::size_t depth) {
    bool neighbour_is_tall = false;
    for (const ast::Statement& declaration : all) {
      const std::uint32_t offset = begin_of(declaration);
      page_.comment_behind(offset);
      const Page::Mark gap = page_.mark();
      page_.comments_before(offset, depth);
      page_.new_line(depth, offset);
      const bool is_apart = &declaration == &all.front() || page_.has_blank_line_since(gap);
      const Page::Mark begin = page_.mark();
      statement(declaration, depth);
      const bool is_tall = page_.has_lines_since(begin);
      if (!is_apart && (is_tall || neighbour_is_tall)) page_.insert_blank_line(gap);
      neighbour_is_tall = is_tall;
    }
  }

  void statements(const std::vector<ast::Statement>& all, std::size_t depth) {
    for (const ast::Statement& inner : all) {
      page_.comments_before(begin_of(inner), depth);
      page_.new_line(depth, begin_of(inner));
      statement(inner, depth);
    }
  }

  void statement(const ast::Statement& statement, std::size_t depth) {
    const Page::Mark begin = page_.mark();
    heads_.write(statement, depth, statement.has_block ? 2 : 0);
    if (!statement.has_block) return;
    if (is_empty(statement)) {
      page_.write(" { }");
    } else if (page_.has_lines_since(begin) || !one_line(statement, depth)) {
      lines(statement, depth);
    }
  }

  void lines(const ast::Statement& owner, std::size_t depth) {
    page_.write(" {");
    page_.begin_group();
    if (holds_declarations(owner)) {
      declarations(owner.body, depth + 1);
    } else {
      statements(owner.body, depth + 1);
    }
    page_.comments_before(owner.close, depth + 1);
    page_.new_line(depth);
    page_.write("}");
  }

  // Whether the block was on one line, and is there now: `send { raw on; compressed on }`.
  bool one_line(const ast::Statement& owner, std::size_t depth) {
    for (const ast::Statement& inner : owner.body)
      if (inner.has_block) return false;
    if (between_braces(owner).find('\n') != std::string_view::npos) return false;
    const Page::Mark begin = page_.mark();
    std::string_view before = " { ";
    for (const ast::Statement& inner : owner.body) {
      page_.write(before);
      heads_.write(inner, depth, 0);
      before = "; ";
    }
    page_.write(" }");
    if (page_.column() <= page_width && !page_.has_lines_since(begin)) return true;
    page_.back_to(begin);
    return false;
  }

  bool holds_declarations(const ast::Statement& owner) const {
    const ast::Token& first = file_.tokens[owner.first_token];
    const std::string_view key = text_.substr(first.begin, first.end - first.begin);
    return key == "policy" || key == "for";
  }
  bool is_empty(const ast::Statement& owner) const {
    return owner.body.empty() && between_braces(owner).find('#') == std::string_view::npos;
  }
  std::string_view between_braces(const ast::Statement& owner) const {
    return text_.substr(owner.open + 1, owner.close - owner.open - 1);
  }
  std::uint32_t begin_of(const ast::Statement& statement) const {
    return file_.tokens[statement.first_token].begin;
  }

  const ast::File& file_;
  std::string_view text_;
  Page page_;
  HeadFormatter heads_;
};

}  // namespace

std::string format(const ast::File& file, std::string_view text) {
  return Formatter(file, text).run();
}

}  // namespace zr
