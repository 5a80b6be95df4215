#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lang/codes.h"

namespace zr {

// What is to be known of each code: a page of lang/explain, which begins with `# ZR1203: its
// title`. After that stand paragraphs and examples between fences:
//   ```zr fails    compiles with exactly one diagnostic, which has this code
//   ```zr mended   compiles without any
// More words may follow. `escaped`: a \xNN in the example stands for that byte. `repeat L N`: its
// line L stands there N times, for what is wrong only because it is much.

struct Example {
  bool fails = false;
  bool escaped = false;
  std::size_t line = 0;  // to be repeated; 0: none
  std::size_t times = 0;
  std::string shown;  // as it is in the page

  // What it stands for.
  std::string text() const;
};

struct Explanation {
  Code code{};
  std::string title;
  std::vector<std::variant<std::string, Example>> parts;  // paragraphs and examples

  std::string prose() const;  // the paragraphs alone
};

// None when there is no page of that code, or it is not written as it should be.
std::optional<Explanation> explanation(Code);

// The page itself, in Markdown; empty when there is none.
std::string_view explanation_page(Code);

// "ZR1203", "zr1203" or "1203"; none when there is no such code.
std::optional<Code> parse_code(std::string_view);

}  // namespace zr
