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

// The words up to the next sign, as they stand in the text: `24x1h`, or `24 x 1h`.
Span take_words(Context& context, Reader& reader) {
  Span words = reader.here();
  words.end = words.begin;
  while (reader.at(TokenKind::word)) words.end = context.span(*reader.next()).end;
  return words;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Goes through the words of an interval, piece by piece.
class Scanner {
 public:
  Scanner(const Context& context, Span span) : text_(context.text(span)), span_(span) {}

  void skip_blanks() { take_while(is_blank); }
  Span take_digits() { return take_while(is_digit); }
  Span take_word() {
    return take_while([](char c) { return !is_blank(c); });
  }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool at_end() const { return at_ == text_.size(); }
  // Up to the end; just the place when nothing is left.
  Span rest() const { return part(at_, text_.size()); }

 private:
  template <class Predicate>
  Span take_while(Predicate fits) {
    const std::size_t begin = at_;
    while (!at_end() && fits(text_[at_])) ++at_;
    return part(begin, at_);
  }
  Span part(std::size_t begin, std::size_t end) const {
    Span part = span_;
    part.begin = span_.begin + static_cast<std::uint32_t>(begin);
    part.end = span_.begin + static_cast<std::uint32_t>(end);
    return part;
  }

  std::string_view text_;
  Span span_;
  std::size_t at_ = 0;
};

template <class T>
std::optional<T> value_or_fail(Reader& reader, Span span, const Parsed<T>& parsed) {
  if (const auto* value = std::get_if<T>(&parsed)) return *value;
  reader.fail(span, std::get<Problem>(parsed));
  return std::nullopt;
}

// What `(kep=all)`, `(4)` or `(keep:3)` probably mean at their first word.
std::vector<Help> keep_help(Context& context, const Reader& reader) {
  Help form = advice("how many stay in each interval is written `(keep=3)` or `(keep=all)`");
  if (!reader.at(TokenKind::word)) return {std::move(form)};
  const Span span = reader.here();
  const std::string word(context.text(span));
  const bool count = word == "all" || std::all_of(word.begin(), word.end(), is_digit);
  if (count) return {replacement(span, "keep=" + word)};
  if (word.substr(0, 5) == "keep:") return {replacement(span, "keep=" + word.substr(5))};
  std::vector<Help> help = context.suggestion(span, word, std::vector<std::string>{"keep"});
  if (help.empty()) help.push_back(std::move(form));
  return help;
}

// `(keep=all)` or `(keep=3)`, behind a group.
void read_keep(Context& context, Reader& reader, GridGroup& group) {
  const auto sign = [&](TokenKind kind, std::string_view text) {
    if (reader.at(kind) && context.text(*reader.peek()) == text) {
      reader.next();
      return;
    }
    reader.fail(Code::bad_grid, reader.here(), "expected `" + std::string(text) + "`", "",
                keep_help(context, reader));
  };
  sign(TokenKind::open, "(");
  sign(TokenKind::word, "keep");
  sign(TokenKind::equals, "=");
  const Span span = reader.here();
  const auto word = reader.word("a number or `all`");
  if (word && *word == "all") {
    group.keep = std::nullopt;
  } else if (word && !is_digit(word->front())) {
    reader.fail(Code::bad_number, span,
                "expected a whole number or `all`, not `" + printable(*word) + "`");
  } else if (word) {
    group.keep = value_or_fail(reader, span, parse_number(*word, max_count));
  }
  sign(TokenKind::close, ")");
}

void no_bar(Reader& reader) {
  const Span span = reader.here();
  if (reader.at(TokenKind::comma)) {
    reader.fail(Code::bad_grid, span, "intervals are separated by `|`", "",
                {replacement(span, "|")});
  } else {
    reader.fail(Code::bad_grid, span, "expected `|` or the end of the line", "", {advice(example)});
  }
}

// What begins where an interval should.
std::nullopt_t no_interval(Context& context, Reader& reader, Span words) {
  const bool at_word = words.begin != words.end;
  Span span = at_word ? words : reader.here();
  std::string message = "expected an interval, such as `24x1h`";
  if (at_word) message = "`" + printable(context.text(words)) + "` is not an interval";
  std::vector<Help> help{advice(example)};
  if (reader.at(TokenKind::string)) {
    help = {replacement(span, context.string_value(*reader.peek()))};
  }
  reader.fail(Code::bad_grid, span, std::move(message),
              at_word ? "begins with how many there are, as in `24x1h`" : "", std::move(help));
  return std::nullopt;
}

std::nullopt_t no_sign(Context& context, Reader& reader, Span count, Span rest) {
  const std::string_view text = context.text(rest);
  std::vector<Help> help{advice(example)};
  // `24y1h`, `24X1h`: one letter beside the right one.
  Span sign = rest;
  sign.end = std::min(rest.end, rest.begin + 1);
  // `1hx24`: the two the wrong way round.
  const std::size_t x = text.find('x');
  if (x != std::string_view::npos) {
    const std::string length = std::string(context.text(count)).append(text.substr(0, x));
    const std::string number(text.substr(x + 1));
    Span all = rest;
    all.begin = count.begin;
    if (std::holds_alternative<std::chrono::seconds>(parse_duration(length)) && !number.empty() &&
        std::all_of(number.begin(), number.end(), is_digit)) {
      reader.fail(Code::bad_grid, all, "the number of intervals comes before their length", "",
                  {replacement(all, number + "x" + length)});
      return std::nullopt;
    }
  }
  const bool before_length = text.size() > 1 && is_digit(text[1]) && !is_digit(text[0]);
  if (before_length && !is_blank(text[0])) help = {replacement(sign, "x")};
  const std::string after = "`" + printable(context.text(count)) + "`";
  reader.fail(Code::bad_grid, sign, "expected `x` and the length of the intervals after " + after,
              "`x` is expected here", std::move(help));
  return std::nullopt;
}

// `24x1h`, or `24 x 1h`.
std::optional<GridGroup> read_group(Context& context, Reader& reader) {
  const Span words = take_words(context, reader);
  Scanner scanner(context, words);
  const Span count_span = scanner.take_digits();
  if (count_span.begin == count_span.end) return no_interval(context, reader, words);
  scanner.skip_blanks();
  if (!scanner.take('x')) return no_sign(context, reader, count_span, scanner.rest());
  scanner.skip_blanks();
  const Span length_span = scanner.take_word();
  if (length_span.begin == length_span.end) {
    reader.fail(Code::bad_grid, scanner.rest(), "expected the length of the intervals after `x`",
                "a duration, as in `24x1h`", {advice(example)});
    return std::nullopt;
  }
  GridGroup group;
  group.keep = 1;
  const auto count =
      value_or_fail(reader, count_span, parse_number(context.text(count_span), max_count));
  const auto length = value_or_fail(reader, length_span, parse_duration(context.text(length_span)));
  if (!count || !length) return std::nullopt;
  scanner.skip_blanks();
  if (!scanner.at_end()) {
    reader.fail(Code::bad_grid, scanner.rest(), "expected `|` between two intervals",
                "`|` is missing before this", {advice(example)});
    return std::nullopt;
  }
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
    const Span bar = reader.here();
    if (!reader.at(TokenKind::bar)) {
      no_bar(reader);
    } else if (reader.next(); reader.at_end()) {
      reader.fail(Code::bad_grid, bar, "no interval follows this `|`", "", {advice(example)});
    }
  }
  return reader.ok() ? std::optional(grid) : std::nullopt;
}

}  // namespace zr
