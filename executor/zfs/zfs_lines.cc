#include "executor/zfs/zfs_lines.h"

#include <cstring>

#include "fmt/format.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::size_t max_line_bytes = std::size_t{64} * 1024;
constexpr std::size_t shown_characters = 120;

}  // namespace

Result<void> LineReader::feed(std::string_view text) {
  while (!text.empty()) {
    const void* end = std::memchr(text.data(), '\n', text.size());
    if (end == nullptr) {
      if (rest_.size() + text.size() > max_line_bytes) {
        ++line_number_;
        return bad_line(rest_.empty() ? text : rest_, "the line is too long");
      }
      rest_ += text;
      return {};
    }
    const auto length = static_cast<std::size_t>(static_cast<const char*>(end) - text.data());
    std::string_view line = text.substr(0, length);
    if (!rest_.empty()) {
      rest_ += line;
      line = rest_;
    }
    if (auto ok = take(line); !ok) return ok;
    rest_.clear();
    text.remove_prefix(length + 1);
  }
  return {};
}

Result<void> LineReader::take(std::string_view line) {
  ++line_number_;
  if (line.size() > max_line_bytes) return bad_line(line, "the line is too long");
  return on_line_(line);
}

Result<void> LineReader::finish() {
  if (rest_.empty()) return {};
  ++line_number_;
  return bad_line(rest_, "the output ends in the middle of a line");
}

Error LineReader::bad_line(std::string_view line, std::string_view what) const {
  return {Remedy::give_up,
          fmt::format("`{}` printed what can't be read, in line {}: {}: \"{}\"", command_,
                      line_number_, what, printable(line, shown_characters))};
}

}  // namespace zr
