#include "lang/spelling.h"

#include <algorithm>

#include "lang/format_page.h"

namespace zr {
namespace {

using ast::Token;
using ast::TokenKind;

std::string_view text_of(const Token& token, std::string_view text) {
  return text.substr(token.begin, token.end - token.begin);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_count(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), is_digit);
}

bool is_length(std::string_view word) {
  return !word.empty() && is_digit(word.front()) &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z' && c != 'x'); });
}

// `24x1h` in two words.
bool is_interval(std::string_view first, std::string_view second) {
  if (first.back() == 'x') return is_count(first.substr(0, first.size() - 1)) && is_length(second);
  return second.front() == 'x' && is_count(first) && is_length(second.substr(1));
}

class Script {
 public:
  Script(const ast::File& file, std::string_view text) : file_(file), text_(text) {}

  std::string of_file() {
    statements(file_.statements);
    comments_before(static_cast<std::uint32_t>(text_.size()) + 1);
    return std::move(out_);
  }

 private:
  // No token and no comment holds a line end.
  void add(std::string_view piece) { (out_ += piece) += '\n'; }

  void comments_before(std::uint32_t offset) {
    for (; next_ < file_.comments.size() && file_.comments[next_].begin < offset; ++next_)
      add(zr::text_of(file_.comments[next_], text_));
  }

  void head(const ast::Statement& statement) {
    const std::span tokens =
        std::span(file_.tokens).subspan(statement.first_token, statement.token_count);
    const bool grid = is_grid(tokens, text_);
    std::size_t joined = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (is_trailing_comma(tokens, i, text_)) continue;
      // A comma stands before the comments behind its item, wherever it was written.
      if (tokens[i].kind != TokenKind::comma) comments_before(tokens[i].begin);
      if (joined == 0 && grid) joined = words_of_interval(tokens.subspan(i), text_);
      if (joined > 0) --joined;
      out_ += text_of(tokens[i], text_);
      if (joined == 0) out_ += '\n';
    }
  }

  void statements(const std::vector<ast::Statement>& all) {
    for (const ast::Statement& statement : all) {
      head(statement);
      if (statement.has_block) {
        comments_before(statement.open);
        add("{");
        statements(statement.body);
        comments_before(statement.close);
        add("}");
      }
      add(";");
    }
  }

  const ast::File& file_;
  std::string_view text_;
  std::size_t next_ = 0;
  std::string out_;
};

}  // namespace

bool is_grid(std::span<const Token> head, std::string_view text) {
  return head.size() > 2 && text_of(head[0], text) == "keep" && text_of(head[1], text) == "grid";
}

std::size_t words_of_interval(std::span<const Token> tokens, std::string_view text) {
  constexpr std::size_t most = 4;
  std::string_view words[most];
  std::size_t count = 0;
  for (; count < std::min(tokens.size(), most) && tokens[count].kind == TokenKind::word; ++count)
    words[count] = text_of(tokens[count], text);
  if (count == 2 && is_interval(words[0], words[1])) return 2;
  if (count == 3 && is_count(words[0]) && words[1] == "x" && is_length(words[2])) return 3;
  return 1;
}

bool may_end_with_comma(std::span<const Token> head, std::size_t close, std::string_view text) {
  std::size_t item = close;  // its last token, and then its first
  if (item > 0 && head[item - 1].kind == TokenKind::comma) --item;
  if (item == 0 || head[item - 1].kind == TokenKind::comma ||
      head[item - 1].kind == TokenKind::open)
    return false;
  if (text[head[close].begin] == ']') return true;
  for (std::size_t depth = 0; item > 0; --item) {
    const TokenKind before = head[item - 1].kind;
    if (depth == 0 && (before == TokenKind::comma || before == TokenKind::open)) break;
    if (before == TokenKind::close) ++depth;
    if (before == TokenKind::open) --depth;
  }
  return head[item].kind == TokenKind::word && text_of(head[item], text).back() == ':';
}

bool is_trailing_comma(std::span<const Token> head, std::size_t token, std::string_view text) {
  return token + 1 < head.size() && head[token].kind == TokenKind::comma &&
         head[token + 1].kind == TokenKind::close && may_end_with_comma(head, token + 1, text);
}

std::string without_layout(const ast::File& file, std::string_view text) {
  return Script(file, text).of_file();
}

}  // namespace zr
