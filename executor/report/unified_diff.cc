#include "executor/report/unified_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "executor/report/line_diff.h"

namespace zr {
namespace {

constexpr std::size_t context = 3;

using Lines = std::vector<std::string_view>;  // with their line ends

Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

using Numbers = std::unordered_map<std::string_view, std::uint32_t>;

std::vector<std::uint32_t> numbered(const Lines& lines, Numbers& numbers) {
  std::vector<std::uint32_t> result;
  result.reserve(lines.size());
  for (const std::string_view line : lines)
    result.push_back(
        numbers.emplace(line, static_cast<std::uint32_t>(numbers.size())).first->second);
  return result;
}

// "12,3", "12" for one line, and "11,0" for none behind line 11.
std::string range_text(std::size_t begin, std::size_t end) {
  if (end - begin == 1) return std::to_string(end);
  return fmt::format("{},{}", end == begin ? begin : begin + 1, end - begin);
}

class Writer {
 public:
  Writer(const Lines& before, const Lines& after) : before_(before), after_(after) {}

  // Edits that are near enough to share their context.
  void hunk(const Edit* first, const Edit* last) {
    const std::size_t lead = std::min(context, first->before_begin);
    const std::size_t tail = std::min(context, before_.size() - (last - 1)->before_end);
    out_ += fmt::format("@@ -{} +{} @@\n",
                        range_text(first->before_begin - lead, (last - 1)->before_end + tail),
                        range_text(first->after_begin - lead, (last - 1)->after_end + tail));
    std::size_t at = first->before_begin - lead;
    for (const Edit* edit = first; edit != last; ++edit) {
      lines(' ', before_, at, edit->before_begin);
      lines('-', before_, edit->before_begin, edit->before_end);
      lines('+', after_, edit->after_begin, edit->after_end);
      at = edit->before_end;
    }
    lines(' ', before_, at, at + tail);
  }

  std::string take() { return std::move(out_); }

 private:
  void lines(char sign, const Lines& from, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      out_ += sign;
      out_ += from[i];
      if (from[i].back() != '\n') out_ += "\n\\ No newline at end of file\n";
    }
  }

  const Lines& before_;
  const Lines& after_;
  std::string out_;
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// As git writes it: a name with a blank in it ends with a tab, one with a line end or a quote
// stands in quotes, and one from the root goes without its first slash.
std::string header_name(std::string_view side, std::string_view name) {
  while (!name.empty() && name.front() == '/') name.remove_prefix(1);
  const std::string path = fmt::format("{}/{}", side, name);
  const bool plain = std::none_of(path.begin(), path.end(),
                                  [](char c) { return is_control(c) || c == '"' || c == '\\'; });
  if (plain) return path.find(' ') == std::string::npos ? path : path + "\t";
  std::string quoted = "\"";
  for (const char c : path) {
    if (is_control(c)) {
      quoted += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
  const Lines old_lines = split(before);
  const Lines new_lines = split(after);
  Numbers numbers;
  const auto old_numbers = numbered(old_lines, numbers);
  const std::vector<Edit> edits = line_edits(old_numbers, numbered(new_lines, numbers));
  if (edits.empty()) return "";
  Writer writer(old_lines, new_lines);
  const Edit* const end = edits.data() + edits.size();
  for (const Edit* first = edits.data(); first != end;) {
    const Edit* last = first + 1;
    while (last != end && last->before_begin - (last - 1)->before_end <= 2 * context) ++last;
    writer.hunk(first, last);
    first = last;
  }
  return fmt::format("--- {}\n+++ {}\n{}", header_name("a", name), header_name("b", name),
                     writer.take());
}

}  // namespace zr
