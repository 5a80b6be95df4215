#pragma once

#include <string>
#include <string_view>

#include "lang/ast.h"

namespace zr {

// The one layout of a file: the same tokens and comments in the same order, on the lines and with
// the blanks that every file has. The rules are in README.md. In linear time; formatting the result
// again changes nothing. The file is one that parsed without errors, and `text` is its source.
std::string format(const ast::File&, std::string_view text);

}  // namespace zr
