#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lang/source.h"

namespace zr::ast {

// The shape of a text, before any meaning: statements of tokens, and blocks of statements. The
// grammar is the same for every statement, so that what is wrong with one is said by the code that
// knows what belongs there. Ranges are offsets into the source; texts are read from it on demand,
// which keeps a token at 12 bytes whatever it holds.

enum class TokenKind : std::uint8_t {
  word,        // tank/home, 15m, on, 80MiB/s, ok
  string,      // "…", with its quotes
  everything,  // a `<` that follows no word or string directly
  arrow,
  bar,
  comma,
  equals,
  open,    // ( [
  close,   // ) ]
  broken,  // already reported
};

struct Token {
  TokenKind kind{};
  bool subtree = false;  // a word or a string with a `<` directly behind it, which is in the range
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct Statement {
  std::uint32_t first_token = 0;  // in File::tokens, where a statement's tokens stand together
  std::uint32_t token_count = 0;
  bool broken = false;  // something in it is reported already, and more would be noise
  bool has_block = false;
  std::uint32_t open = 0;   // of the block: its `{`
  std::uint32_t close = 0;  // of the block: its `}`, or where it ends without one
  std::vector<Statement> body;
};

// From its `#` to the end of its line.
struct Comment {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct File {
  SourceId source{};
  std::vector<Token> tokens;
  std::vector<Comment> comments;  // in the order of the text
  std::vector<Statement> statements;
};

}  // namespace zr::ast
