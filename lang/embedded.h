#pragma once

#include <array>
#include <span>
#include <string_view>

namespace zr {

// A text of the tree that is part of the program; CMake's zrepl_embed makes them.
struct EmbeddedText {
  std::string_view stem;  // the file's name without folder and extension
  std::string_view text;
};

std::span<const EmbeddedText> stdlib_texts();  // stdlib/*.zr

}  // namespace zr
