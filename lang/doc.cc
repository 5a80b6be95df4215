#include "lang/doc.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace zr {
namespace {

constexpr std::array<std::string_view, 5> offered{"host", "let", "policy", "retention", "rules"};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

class Reading {
 public:
  Reading(const ast::File& file, const Sources& sources)
      : file_(file), text_(sources.text(file.source)) {}

  // The `##` comments that end on the line before `at`, without their marks.
  std::string above(std::uint32_t at) const {
    std::size_t next = static_cast<std::size_t>(
        std::lower_bound(file_.comments.begin(), file_.comments.end(), at,
                         [](const ast::Comment& c, std::uint32_t end) { return c.begin < end; }) -
        file_.comments.begin());
    std::vector<std::string> lines;
    while (next > 0 && is_doc(file_.comments[next - 1]) &&
           is_line_between(file_.comments[next - 1].end, at)) {
      const ast::Comment& comment = file_.comments[--next];
      lines.push_back(line_of(comment));
      at = comment.begin;
    }
    return joined(lines);
  }

  // The block of `##` comments that the file begins with.
  std::string at_beginning() const {
    std::vector<std::string> lines;
    std::uint32_t end = 0;
    for (const ast::Comment& comment : file_.comments) {
      if (!is_doc(comment) ||
          (lines.empty() ? !only_blanks(0, comment.begin) : !is_line_between(end, comment.begin))) {
        break;
      }
      lines.push_back(line_of(comment));
      end = comment.end;
    }
    std::reverse(lines.begin(), lines.end());
    return joined(lines);
  }

  // What stands before the block, on one line.
  std::string heading(const ast::Statement& s) const {
    const std::uint32_t begin = file_.tokens[s.first_token].begin;
    const std::uint32_t end = file_.tokens[s.first_token + s.token_count - 1].end;
    std::string line;
    for (const char c : text_.substr(begin, end - begin)) {
      const bool blank = is_blank(c);
      if (blank && (line.empty() || line.back() == ' ' || line.back() == '(')) continue;
      if (c == ')' && line.size() > 1 && line.back() == ' ') line.pop_back();
      if (c == ')' && !line.empty() && line.back() == ',') line.pop_back();
      line += blank ? ' ' : c;
    }
    return line;
  }

  std::string_view key(const ast::Statement& s) const {
    if (s.token_count == 0) return {};
    const ast::Token& first = file_.tokens[s.first_token];
    return text_.substr(first.begin, first.end - first.begin);
  }

 private:
  bool is_doc(const ast::Comment& c) const {
    const std::string_view text = text_.substr(c.begin, c.end - c.begin);
    return text.substr(0, 2) == "##" && text.substr(0, 3) != "###";
  }
  bool only_blanks(std::uint32_t from, std::uint32_t to) const {
    const std::string_view between = text_.substr(from, to - from);
    return std::all_of(between.begin(), between.end(), is_blank);
  }
  bool is_line_between(std::uint32_t from, std::uint32_t to) const {
    const std::string_view between = text_.substr(from, to - from);
    return only_blanks(from, to) && std::count(between.begin(), between.end(), '\n') == 1;
  }
  std::string line_of(const ast::Comment& c) const {
    std::string_view line = text_.substr(c.begin + 2, c.end - c.begin - 2);
    if (line.substr(0, 1) == " ") line.remove_prefix(1);
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    return std::string(line);
  }
  static std::string joined(const std::vector<std::string>& last_first) {
    std::string text;
    for (auto line = last_first.rbegin(); line != last_first.rend(); ++line) text += *line + "\n";
    return text;
  }

  const ast::File& file_;
  std::string_view text_;
};

}  // namespace

Documentation documentation(const ast::File& file, const Sources& sources) {
  const Reading reading(file, sources);
  Documentation result;
  result.about = reading.at_beginning();
  bool first = true;
  for (const ast::Statement& s : file.statements) {
    if (s.token_count == 0) continue;
    const bool is_offered =
        std::find(offered.begin(), offered.end(), reading.key(s)) != offered.end();
    std::string text = reading.above(file.tokens[s.first_token].begin);
    // What stands directly above the first declaration is about that and not about the file.
    if (first && is_offered && text == result.about) result.about.clear();
    first = false;
    if (is_offered) result.entries.push_back({reading.heading(s), std::move(text)});
  }
  return result;
}

}  // namespace zr
