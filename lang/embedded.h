#pragma once

#include <span>
#include <string_view>

namespace zr {

// A text file that the build put into the program; zrepl_embed() in CMakeLists.txt writes the
// functions below.
struct EmbeddedText {
  std::string_view name;  // the file's, without its folder and extension
  std::string_view text;
};

// In the order of their names.
std::span<const EmbeddedText> embedded_explain();     // lang/explain/*.md
std::span<const EmbeddedText> embedded_stdlib();      // stdlib/*.zr
std::span<const EmbeddedText> embedded_completion();  // executor/completion/*

}  // namespace zr
