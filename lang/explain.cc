#include "lang/explain.h"

#include <algorithm>
#include <charconv>

#include "lang/embedded.h"

namespace zr {
namespace {

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(' '); at < line.size();
       at = line.find_first_not_of(' ', at)) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

template <class T>
std::optional<T> whole_number(std::string_view digits, int base = 10) {
  T value{};
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

// "zr fails repeat 2 1000001", what stands behind the opening fence.
std::optional<Example> example_of(std::string_view head) {
  const auto words = words_of(head);
  if (words.size() < 2 || words[0] != "zr") return std::nullopt;
  Example example;
  example.fails = words[1] == "fails";
  if (!example.fails && words[1] != "mended") return std::nullopt;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "escaped") {
      example.escaped = true;
    } else if (words[i] == "repeat" && i + 2 < words.size()) {
      example.line = whole_number<std::size_t>(words[i + 1]).value_or(0);
      example.times = whole_number<std::size_t>(words[i + 2]).value_or(0);
      if (example.line == 0 || example.times == 0) return std::nullopt;
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return example;
}

// Each \xNN as the byte that it stands for.
std::string unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const auto byte = rest.size() >= 4 && rest.substr(0, 2) == "\\x"
                          ? whole_number<unsigned char>(rest.substr(2, 2), 16)
                          : std::nullopt;
    bytes += byte ? static_cast<char>(*byte) : text[i];
    if (byte) i += 3;
  }
  return bytes;
}

// The parts of a page after its title; none when a fence is not as it should be.
std::optional<Explanation> read_page(Code code, std::string_view page) {
  Explanation out;
  out.code = code;
  const std::string begin = "# " + to_string(code) + ": ";
  const std::string_view title = take_line(page);
  if (title.substr(0, begin.size()) != begin) return std::nullopt;
  out.title = title.substr(begin.size());
  std::string paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) out.parts.emplace_back(std::move(paragraph));
    paragraph.clear();
  };
  while (!page.empty()) {
    const std::string_view line = take_line(page);
    if (line.substr(0, 3) != "```") {
      if (line.empty()) end_paragraph();
      if (!line.empty()) paragraph.append(line).append("\n");
      continue;
    }
    end_paragraph();
    auto example = example_of(line.substr(3));
    const std::size_t close = page.find("```\n");
    if (!example || close == std::string_view::npos) return std::nullopt;
    example->shown = page.substr(0, close);
    page.remove_prefix(close + 4);
    out.parts.emplace_back(std::move(*example));
  }
  end_paragraph();
  return out;
}

}  // namespace

std::string Example::text() const {
  std::string whole;
  std::string_view rest = shown;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string one = std::string(take_line(rest)) + "\n";
    const std::size_t count = number == line ? times : 1;
    whole.reserve(whole.size() + one.size() * count);
    for (std::size_t i = 0; i < count; ++i) whole += one;
  }
  return escaped ? unescaped(whole) : whole;
}

std::string Explanation::prose() const {
  std::string text;
  for (const auto& part : parts) {
    const auto* paragraph = std::get_if<std::string>(&part);
    if (paragraph == nullptr) continue;
    if (!text.empty()) text += "\n";
    text += *paragraph;
  }
  return text;
}

std::string_view explanation_page(Code code) {
  const std::string name = to_string(code);
  for (const EmbeddedText& page : embedded_explain()) {
    if (page.name == name) return page.text;
  }
  return {};
}

std::optional<Explanation> explanation(Code code) {
  return read_page(code, explanation_page(code));
}

std::optional<Code> parse_code(std::string_view text) {
  if (text.size() > 2 && (text[0] == 'Z' || text[0] == 'z') && (text[1] == 'R' || text[1] == 'r')) {
    text.remove_prefix(2);
  }
  const auto number = whole_number<std::uint16_t>(text);
  const auto found = std::find_if(all_codes.begin(), all_codes.end(), [&](const CodeInfo& info) {
    return number && static_cast<std::uint16_t>(info.code) == *number;
  });
  if (found == all_codes.end()) return std::nullopt;
  return found->code;
}

}  // namespace zr
