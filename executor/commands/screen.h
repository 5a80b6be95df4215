#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "executor/progress/progress.h"

namespace zr {

// The lines of a text that fit a terminal, each cut at its width and followed by what clears the
// rest of it; the last says how many did not. Nothing is cleared before it is drawn over, so that
// nothing flickers.
std::string drawn(std::string_view text, TerminalSize);

// A terminal's other screen, for as long as this lives.
class Screen {
 public:
  explicit Screen(std::ostream& out);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(std::string_view text, TerminalSize);

 private:
  std::ostream& out_;
};

}  // namespace zr
