#include "lang/grid.h"

#include <algorithm>
#include <string>

#include "lang/utf8.h"

namespace zr {
namespace {

using ast::TokenKind;

constexpr std::uint64_t max_count = 100'000;
constexpr std::chrono::seconds max_reach = 10 * max_duration;
constexpr const char* example = "a grid is `1x1h(keep=all) | 24x1h | 7x1d`";

struct Words {
  std::string text;  // with one space between
  Span span;
};

// The words up to the next sign: `24x1h`, or `24 x 1h` in three.
Words take_words(Context& context, Reader& reader) {
  Words words{"", reader.here()};
  while (reader.at(TokenKind::word)) {
    const ast::Token& token = *reader.next();
    if (!words.text.empty()) words.text += ' ';
    words.text += context.text(token);
    words.span.end = context.span(token).end;
  }
  return words;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <class T>
std::optional<T> value_or_fail(Reader& reader, Span span, const Parsed<T>& parsed) {
  if (const auto* value = std::get_if<T>(&parsed)) return *value;
  reader.fail(span, std::get<Problem>(parsed));
  return std::nullopt;
}

// `(keep=all)` or `(keep=3)`, behind a group.
void read_keep(Context& context, Reader& reader, GridGroup& group) {
  const auto sign = [&](TokenKind kind, std::string_view text) {
    if (reader.at(kind) && context.text(*reader.peek()) == text) {
      reader.next();
      return;
    }
    reader.fail(Code::bad_grid, reader.here(), "expected `" + std::string(text) + "`", "",
                {advice("how many stay in each interval is written `(keep=3)` or `(keep=all)`")});
  };
  sign(TokenKind::open, "(");
  sign(TokenKind::word, "keep");
  sign(TokenKind::equals, "=");
  const Span span = reader.here();
  const auto word = reader.word("a number or `all`");
  if (word && *word == "all") {
    group.keep = std::nullopt;
  } else if (word) {
    group.keep = value_or_fail(reader, span, parse_number(*word, max_count));
  }
  sign(TokenKind::close, ")");
}

std::optional<GridGroup> read_group(Context& context, Reader& reader) {
  const Words words = take_words(context, reader);
  const std::string_view text = words.text;
  const std::size_t x = std::min(text.find('x'), text.size());
  const std::string_view count_text = trimmed(text.substr(0, x));
  const std::string_view length_text = trimmed(text.substr(std::min(x + 1, text.size())));
  const bool one_word_each =
      count_text.find(' ') == std::string_view::npos && length_text.find(' ') == count_text.npos;
  if (count_text.empty() || length_text.empty() || !one_word_each) {
    reader.fail(Code::bad_grid, words.span,
                words.text.empty() ? "expected an interval, such as `24x1h`"
                                   : "`" + printable(words.text) + "` is not an interval",
                "", {advice(example)});
    return std::nullopt;
  }
  GridGroup group;
  group.keep = 1;
  const auto count = value_or_fail(reader, words.span, parse_number(count_text, max_count));
  const auto length = value_or_fail(reader, words.span, parse_duration(length_text));
  if (!count || !length) return std::nullopt;
  group.count = *count;
  group.length = *length;
  if (reader.at(TokenKind::open)) read_keep(context, reader, group);
  return group;
}

}  // namespace

std::optional<KeepGrid> read_grid(Context& context, Reader& reader) {
  KeepGrid grid;
  std::chrono::seconds reach{0};
  Span before{};
  while (reader.ok()) {
    const Span span = reader.here();
    const auto group = read_group(context, reader);
    if (!group) return std::nullopt;
    if (!grid.groups.empty() && group->length < grid.groups.back().length) {
      reader.fail(Code::falling_grid, span, "the intervals of a grid must not get shorter",
                  "shorter than the one before it",
                  {advice("a grid goes from the youngest to the oldest: short intervals first")},
                  {{before, "longer"}});
    }
    reach += group->length * static_cast<std::int64_t>(group->count);
    if (reach > max_reach) {
      reader.fail(Code::bad_grid, span, "the grid reaches back more than 1000 years");
    }
    grid.groups.push_back(*group);
    before = span;
    if (reader.at_end()) break;
    if (!reader.at(TokenKind::bar)) {
      reader.fail(Code::bad_grid, reader.here(), "expected `|` or the end of the line", "",
                  {advice(example)});
    }
    reader.next();
  }
  return reader.ok() ? std::optional(grid) : std::nullopt;
}

}  // namespace zr
