#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lang/ast.h"

namespace zr {

// Where two sequences of tokens are two spellings of one.

// `keep grid …`
bool is_grid(std::span<const ast::Token> head, std::string_view text);

// How many of the first tokens are the words of one interval of a grid: 3 for `24 x 1h`, 2 for
// `24x 1h`; 1 for anything else.
std::size_t words_of_interval(std::span<const ast::Token>, std::string_view text);

// Whether a comma may stand behind the last item of the list that ends with this token, and means
// nothing: in `[ ]`, and where items are `name: …`; not in `(keep=all)`.
bool may_end_with_comma(std::span<const ast::Token> head, std::size_t close, std::string_view text);

// Whether the token is such a comma.
bool is_trailing_comma(std::span<const ast::Token> head, std::size_t token, std::string_view text);

// What a file says, token by token, with its comments and its blocks, and nothing of its layout: no
// blanks, no line ends, and one spelling of everything above. Two files with the same are one file
// in two layouts.
std::string without_layout(const ast::File&, std::string_view text);

}  // namespace zr
