#include "lang/tree_builder.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lang/character_advice.h"
#include "lang/characters.h"
#include "lang/keywords.h"
#include "lang/parse.h"
#include "lang/utf8.h"

namespace zr {
namespace {

// The characters before the first that is not a blank, on the line that holds `at`.
std::size_t indentation(std::string_view line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

}  // namespace

TreeBuilder::TreeBuilder(const Sources& sources, SourceId source, Diagnostics& diagnostics)
    : sources_(sources),
      source_(source),
      text_(sources.text(source)),
      diagnostics_(diagnostics),
      levels_(1) {}

void TreeBuilder::report(Code code, std::uint32_t begin, std::uint32_t end, std::string message,
                         std::string label, std::string help, std::vector<Label> secondary) {
  Diagnostic d;
  d.code = to_string(code);
  d.span = span(begin, end);
  d.message = std::move(message);
  d.label = std::move(label);
  d.secondary = std::move(secondary);
  if (!help.empty()) d.help.push_back({std::move(help), std::nullopt, {}});
  diagnostics_.add(std::move(d));
}

ast::Statement& TreeBuilder::current() {
  Level& level = levels_.back();
  if (!level.in_statement) {
    level.in_statement = true;
    level.current = {};
    level.current.first_token = static_cast<std::uint32_t>(tokens_.size());
  }
  return level.current;
}

// A carriage return before the line feed is part of the line's end.
void TreeBuilder::comment(std::uint32_t begin, std::uint32_t end) {
  comments_.push_back({begin, text_[end - 1] == '\r' ? end - 1 : end});
}

void TreeBuilder::token(ast::TokenKind kind, std::uint32_t begin, std::uint32_t end) {
  ast::Statement& statement = current();
  if (++statement.token_count == 1 && ++statements_ > max_statements && !gave_up_) {
    gave_up_ = true;
    report(Code::too_many_statements, begin, end, "more than 1000000 statements in one file",
           "the rest is not read", "split the site");
  }
  tokens_.push_back({kind, false, begin, end});
}

void TreeBuilder::word(std::uint32_t begin, std::uint32_t end) {
  token(ast::TokenKind::word, begin, end);
  tokens_.back().subtree = text_[end - 1] == '<';
}

void TreeBuilder::string(std::uint32_t begin, std::uint32_t end) {
  token(ast::TokenKind::string, begin, end);
  bool closed = false;
  for (std::uint32_t i = begin + 1; i < end && !closed; ++i) {
    const char c = text_[i];
    if (c == '"') {
      closed = true;
    } else if (c == '\t') {
      current().broken = true;
      report(Code::tab_in_string, i, i + 1, "a tab in a string", "", "write `\\t`");
    } else if (c == '\\') {
      if (++i < end && std::string_view("\"\\nt").find(text_[i]) != std::string_view::npos)
        continue;
      if (i >= end) break;
      current().broken = true;
      const auto length = static_cast<std::uint32_t>(first_character(text_.substr(i)).length);
      report(Code::unknown_escape, i - 1, i + length, "unknown escape in a string", "",
             "the escapes are `\\\"`, `\\\\`, `\\n` and `\\t`; a backslash itself is `\\\\`");
    }
  }
  if (closed) {
    tokens_.back().subtree = text_[end - 1] == '<';
    return;
  }
  current().broken = true;
  report(Code::unclosed_string, begin, end, "the string is not closed on its line", "begins here",
         "put `\"` at its end; a line break inside is written `\\n`");
}

void TreeBuilder::unexpected(std::uint32_t begin, std::uint32_t end) {
  token(ast::TokenKind::broken, begin, end);
  if (std::exchange(current().broken, true)) return;
  const std::string_view rest = text_.substr(begin, end - begin);
  for (std::size_t i = 0; i < rest.size(); i += first_character(rest.substr(i)).length) {
    if (is_refused_character(rest.substr(i))) return;  // reported with all others of its kind
  }
  const std::size_t line = text_.rfind('\n', begin) + 1;
  const ast::Token& first = tokens_[current().first_token];
  const std::string_view key = text_.substr(first.begin, first.end - first.begin);
  const std::string_view before = text_.substr(line, begin - line);
  const bool seen = first_character(rest).code != 0xA0;
  report(Code::unexpected_character, begin, end,
         "unexpected `" + (seen ? printable(rest, 20) : "U+00A0") + "`", "",
         character_advice(rest, before, key));
}

void TreeBuilder::enter(std::uint32_t at) {
  if (levels_.size() + brackets_.size() <= max_nesting || gave_up_) return;
  gave_up_ = true;
  report(Code::too_deep, at, at + 1, "nested more than 64 deep", "the rest of the file is not read",
         "a site needs no more than a few levels");
}

void TreeBuilder::open_bracket(std::uint32_t at) {
  token(ast::TokenKind::open, at, at + 1);
  brackets_.push_back(at);
  enter(at);
}

void TreeBuilder::close_bracket(std::uint32_t at) {
  token(ast::TokenKind::close, at, at + 1);
  const char wanted = text_[at] == ')' ? '(' : '[';
  if (!brackets_.empty() && text_[brackets_.back()] == wanted) {
    brackets_.pop_back();
    return;
  }
  current().broken = true;
  const std::string sign(1, text_[at]);
  if (brackets_.empty()) {
    report(Code::stray_bracket, at, at + 1, "`" + sign + "` closes nothing", "", "remove it");
  } else {
    const std::uint32_t open = brackets_.back();
    brackets_.pop_back();
    report(Code::stray_bracket, at, at + 1, "`" + sign + "` does not fit its opening bracket", "",
           "", {{span(open, open + 1), "opened here"}});
  }
}

void TreeBuilder::unclosed_bracket(std::uint32_t at) {
  const std::uint32_t open = brackets_.back();
  brackets_.pop_back();
  if (gave_up_ || std::exchange(current().broken, true)) return;
  const std::string sign = text_[open] == '(' ? ")" : "]";
  report(Code::unclosed_bracket, open, open + 1, "the bracket is never closed", "",
         "put `" + sign + "` at its end", {{span(at, at), "no `" + sign + "` before this"}});
}

// The statement above it, which lacks its block, is not reported again for that.
void TreeBuilder::headless_block(std::uint32_t at) {
  current().broken = true;
  std::vector<ast::Statement>& before = levels_.back().done;
  if (!before.empty() && !before.back().has_block) before.back().broken = true;
  if (levels_.size() > 1 && levels_[levels_.size() - 2].current.broken) return;
  report(Code::headless_block, at, at + 1, "a `{` with nothing before it", "",
         "the `{` stands on the line of the statement that it belongs to");
}

void TreeBuilder::open_block(std::uint32_t at) {
  if (!levels_.back().in_statement) headless_block(at);
  ast::Statement& owner = current();
  owner.has_block = true;
  owner.open = at;
  bool is_template = false;
  if (owner.token_count > 0) {
    const ast::Token& first = tokens_[owner.first_token];
    const std::string_view key = text_.substr(first.begin, first.end - first.begin);
    is_template = key == "for" || key == "policy";
  }
  templates_ += is_template ? 1U : 0U;
  levels_.push_back({{}, {}, false, is_template});
  enter(at);
}

void TreeBuilder::leave_block(std::uint32_t end) {
  std::vector<ast::Statement> body = std::move(levels_.back().done);
  templates_ -= levels_.back().is_template ? 1U : 0U;
  levels_.pop_back();
  ast::Statement& owner = levels_.back().current;
  owner.close = end;
  owner.body = std::move(body);
}

void TreeBuilder::watch_indentation(std::uint32_t open, std::uint32_t close) {
  const std::string_view own = sources_.line(source_, sources_.origin(span(close, close)).line);
  if (indentation(own) >= own.size() || own[indentation(own)] != '}') return;
  const std::string_view opener = sources_.line(source_, sources_.origin(span(open, open)).line);
  if (indentation(own) < indentation(opener) && !misplaced_) misplaced_ = Misplaced{open, close};
  if (indentation(own) <= indentation(opener)) return;
  // `map`, its rules and a `}`, without a `{`.
  lacks_a_brace_ = blame_missing_brace(levels_.back().current.body, indentation(own));
  if (!lacks_a_brace_) early_ = Misplaced{open, close};
}

bool TreeBuilder::wants_block(const ast::Statement& s) const {
  constexpr std::array<std::string_view, 5> inner{"map", "send", "receive", "snapshots",
                                                  "datasets"};
  const ast::Token& first = tokens_[s.first_token];
  const std::string_view key = text_.substr(first.begin, first.end - first.begin);
  const auto is_key = [key](const auto& list) {
    return std::find(list.begin(), list.end(), key) != list.end();
  };
  return !s.has_block && (is_key(declarations) || (s.token_count == 1 && is_key(inner)));
}

std::size_t TreeBuilder::indentation_at(std::uint32_t at) const {
  return indentation(sources_.line(source_, sources_.origin(span(at, at)).line));
}

// Finds the last statement at that indentation, which wants a block and has none, although all that
// follow stand further right, as in one. They are not understood, and so not complained about.
bool TreeBuilder::blame_missing_brace(std::vector<ast::Statement>& statements, std::size_t indent) {
  for (std::size_t i = statements.size(); i-- > 0;) {
    ast::Statement& s = statements[i];
    if (s.token_count == 0) return false;
    const std::size_t own = indentation_at(tokens_[s.first_token].begin);
    if (own > indent) continue;
    if (own < indent || !wants_block(s) || i + 1 == statements.size()) return false;
    const std::uint32_t end = tokens_[s.first_token + s.token_count - 1].end;
    if (!s.broken) {
      report(Code::missing_block, end, end, "expected a block", "`{` is missing here",
             "a block begins on the line of its statement");
    }
    for (std::size_t j = i; j < statements.size(); ++j) statements[j].broken = true;
    return true;
  }
  return false;
}

void TreeBuilder::close_block(std::uint32_t at) {
  leave_block(at);
  watch_indentation(levels_.back().current.open, at);
}

void TreeBuilder::unclosed_block(std::uint32_t at) {
  leave_block(at);
  ast::Statement& owner = levels_.back().current;
  owner.broken = true;
  if (gave_up_) return;
  const char* help = "put a `}` where it ends";
  if (misplaced_ && misplaced_->open > owner.open) {
    report(Code::unclosed_block, misplaced_->open, misplaced_->open + 1,
           "a block has no `}` of its own", "probably this one", help,
           {{span(misplaced_->close, misplaced_->close + 1),
             "it takes this `}`, which stands further left"},
            {span(owner.open, owner.open + 1), "and then this one stays open"}});
  } else {
    report(Code::unclosed_block, owner.open, owner.open + 1, "the block is never closed",
           "opened here", help, {{span(at, at), "no `}` before this"}});
  }
  misplaced_.reset();
}

void TreeBuilder::stray_brace(std::uint32_t at) {
  if (std::exchange(lacks_a_brace_, false)) return;
  if (blame_missing_brace(levels_.front().done, indentation_at(at))) return;
  if (early_) {
    report(Code::stray_brace, early_->close, early_->close + 1, "there is one `}` too many",
           "probably this one, which stands further right than its block", "remove it",
           {{span(early_->open, early_->open + 1), "it closes this"},
            {span(at, at + 1), "and then this one closes nothing"}});
  } else {
    report(Code::stray_brace, at, at + 1, "`}` closes nothing", "", "remove it");
  }
  early_.reset();
}

void TreeBuilder::end_statement() {
  Level& level = levels_.back();
  if (level.in_statement) level.done.push_back(std::move(level.current));
  level.in_statement = false;
}

void TreeBuilder::missing_line_end(std::uint32_t at) {
  if (gave_up_) return;
  report(Code::missing_line_end, at, at + 1, "a block ends its statement", "",
         "begin a new line, or put `;` before this");
}

ast::File TreeBuilder::take() {
  end_statement();
  return {source_, std::move(tokens_), std::move(comments_), std::move(levels_.front().done)};
}

}  // namespace zr
