#include "executor/commands/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace zr {
namespace {

// At most so many characters of UTF-8.
std::string_view cut(std::string_view line, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t characters = 0; end < line.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(line[end]) & 0xC0U) != 0x80U;
    if (begins && characters++ == columns) break;
  }
  return line.substr(0, end);
}

}  // namespace

std::string drawn(std::string_view text, TerminalSize size) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  const std::size_t rows = std::max(size.rows, 2U);
  std::string more;
  if (lines.size() > rows) {
    more = fmt::format("… and {} more lines", lines.size() - (rows - 1));
    lines.resize(rows - 1);
    lines.emplace_back(more);
  }
  std::string out = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += cut(lines[i], std::max(size.columns, 1U));
    out += i + 1 < lines.size() ? "\x1b[K\n" : "\x1b[K";
  }
  return out + "\x1b[J";
}

Screen::Screen(std::ostream& out) : out_(out) { out_ << "\x1b[?1049h\x1b[?25l" << std::flush; }
Screen::~Screen() { out_ << "\x1b[?25h\x1b[?1049l" << std::flush; }

void Screen::show(std::string_view text, TerminalSize size) {
  out_ << drawn(text, size) << std::flush;
}

}  // namespace zr
