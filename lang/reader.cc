#include "lang/reader.h"

#include <algorithm>
#include <type_traits>

#include "lang/quote.h"
#include "lang/references.h"
#include "lang/utf8.h"

namespace zr {

using ast::Token;
using ast::TokenKind;

Reader::Reader(Context& context, const ast::Statement& statement, std::size_t skip)
    : context_(context),
      statement_(statement),
      next_(context.begin(statement) + std::min<std::size_t>(skip, statement.token_count)),
      end_(context.end(statement)),
      ok_(!statement.broken) {}

const Token* Reader::peek() const { return ok_ && next_ != end_ ? next_ : nullptr; }

const Token* Reader::next() {
  const Token* token = peek();
  if (token != nullptr) ++next_;
  return token;
}

bool Reader::at(TokenKind kind) const { return peek() != nullptr && peek()->kind == kind; }

Span Reader::here() const {
  if (next_ != end_) return context_.span(*next_);
  Span span = context_.span(statement_);
  span.begin = span.end;
  return span;
}

void Reader::fail(Code code, Span span, std::string message, std::string label,
                  std::vector<Help> help, std::vector<Label> secondary) {
  if (!ok_) return;
  ok_ = false;
  context_.error(code, span, std::move(message), std::move(label), std::move(help),
                 std::move(secondary));
}

void Reader::fail(Span span, const Problem& problem) {
  std::vector<Help> help;
  if (!problem.replacement.empty() && problem.code != Code::bare_unit) {
    help.push_back(replacement(span, problem.replacement));
  } else if (!problem.help.empty()) {
    help.push_back(advice(problem.help));
  }
  if (problem.end <= span.end - span.begin) {
    const std::uint32_t word = span.begin;
    span.begin = word + static_cast<std::uint32_t>(problem.begin);
    span.end = word + static_cast<std::uint32_t>(problem.end);
  }
  fail(problem.code, span, problem.message, problem.label, std::move(help));
}

bool Reader::expect_value(std::string_view what) {
  if (!ok_) return false;
  if (next_ == end_) {
    std::vector<Help> help;
    if (statement_.has_block && context_.key(statement_) == "keep") {
      help.push_back(advice("each `keep` is a statement of its own: `keep last 10`"));
    }
    fail(Code::missing_value, here(), "expected " + std::string(what), "nothing stands here",
         std::move(help));
  } else if (next_->kind == TokenKind::equals) {
    // A blank takes its place, so that `every=15m` does not become one word.
    fail(Code::unknown_word, here(), "expected " + std::string(what) + ", not `=`",
         "a value follows its key directly", {Help{"leave the `=` out", here(), " "}});
  }
  return ok_;
}

namespace {

// Whether a string could as well stand without its quotes.
bool is_bare_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '/';
  });
}

}  // namespace

std::optional<std::string_view> Reader::word(std::string_view what) {
  if (!expect_value(what)) return std::nullopt;
  const Token& token = *next_;
  const std::string_view raw = context_.raw_text(token);
  if (token.kind == TokenKind::word && raw.find('{') != std::string_view::npos) {
    const bool may = context_.scope().is_template();
    fail(
        Code::unknown_parameter, context_.span(token), "expected " + std::string(what), "",
        {advice(may ? "a parameter stands here by its bare name; braces are for datasets, patterns "
                      "and strings"
                    : "`{name}` stands for a parameter of the `policy` or `for` around it")});
    return std::nullopt;
  }
  if (token.kind == TokenKind::word && !token.subtree) {
    ++next_;
    return context_.text(token);
  }
  std::vector<Help> help;
  if (token.kind == TokenKind::string) {
    const std::string value = context_.string_value(token);
    const std::size_t sign = value.find('=');
    std::string name = value;
    std::replace(name.begin(), name.end(), ' ', '_');
    if (is_identifier(name)) {
      help.push_back(replacement(context_.span(token), name));
    } else if (is_bare_word(value)) {
      help.push_back(replacement(context_.span(token), value));
    } else if (sign != std::string::npos && is_bare_word(value.substr(0, sign))) {
      help.push_back(replacement(context_.span(token),
                                 value.substr(0, sign) + " " + quoted(value.substr(sign + 1))));
    }
  }
  // `[nas]`
  if (what.find("host") != std::string_view::npos && token.kind == TokenKind::open &&
      end_ - next_ == 3 && next_[1].kind == TokenKind::word) {
    Span all = context_.span(token);
    all.end = next_[2].end;
    help.push_back(replacement(all, std::string(context_.text(next_[1]))));
  }
  fail(Code::unknown_word, context_.span(token), "expected " + std::string(what),
       token.kind == TokenKind::string ? "without quotes" : "", std::move(help));
  return std::nullopt;
}

std::optional<std::string> Reader::identifier(std::string_view what) {
  const Span span = here();
  const auto text = word(what);
  if (!text) return std::nullopt;
  if (is_identifier(*text)) return std::string(*text);
  std::string lower(*text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  std::vector<Help> help;
  if (is_identifier(lower)) {
    help.push_back(replacement(span, lower));
  } else if (what.find("host") != std::string_view::npos &&
             text->find_first_of(".:/") != std::string_view::npos) {
    help.push_back(
        advice("a host's name is only what this file calls it, `[a-z][a-z0-9_-]*`; it is neither "
               "an address nor a place for a dataset"));
  } else {
    help.push_back(advice("names are `[a-z][a-z0-9_-]*`, at most 64 characters"));
  }
  fail(Code::bad_name, span, "`" + printable(*text) + "` is not a name", "", std::move(help));
  return std::nullopt;
}

std::optional<std::string> Reader::reference(std::string_view what) {
  const auto text = at(TokenKind::word) && !peek()->subtree ? context_.text(*peek()) : "";
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || !is_identifier(text.substr(0, dot)) ||
      !is_identifier(text.substr(dot + 1))) {
    return identifier(what);
  }
  next();
  return std::string(text);
}

const Value* Reader::constant(Type wanted) {
  if (!at(TokenKind::word) || peek()->subtree) return nullptr;
  const std::string_view name = context_.text(*peek());
  const Value* value = context_.scope().constant(name);
  if (value == nullptr) return nullptr;
  if (value->type != wanted) {
    report_wrong_type(*this, here(), name, *value, describe(wanted));
    return nullptr;
  }
  next();
  return value;
}

std::optional<std::string_view> Reader::literal(Type type, std::string_view what) {
  if (const Value* value = constant(type)) return value->text;
  const Span span = here();
  const auto text = word(what);
  if (!text || text->empty() || text->front() < 'a' || text->front() > 'z') return text;
  // A name, and none that is known: perhaps it nearly is.
  std::vector<Help> help = context_.suggestion(span, *text, type);
  if (help.empty()) return text;
  fail(Code::unknown_parameter, span,
       "no constant or parameter is called `" + printable(*text) + "`", "", std::move(help));
  return std::nullopt;
}

std::optional<std::string> Reader::string(std::string_view what) {
  if (const Value* value = constant(Type::string)) return value->text;
  if (!expect_value(what)) return std::nullopt;
  const Token& token = *next_;
  const Span span = context_.span(token);
  if (token.kind != TokenKind::string || token.subtree) {
    std::vector<Help> help;
    if (token.kind == TokenKind::word) {
      help.push_back(replacement(span, quoted(context_.text(token))));
    }
    fail(Code::not_a_string, span, "expected " + std::string(what) + ", a string in quotes", "",
         std::move(help));
    return std::nullopt;
  }
  ++next_;
  std::string value = context_.string_value(token);
  if (!value.empty()) return value;
  fail(Code::empty_string, span, "expected " + std::string(what) + ", which is not empty");
  return std::nullopt;
}

std::optional<std::string> Reader::choice(const std::vector<std::string>& words) {
  const Span span = here();
  const auto known = [&](std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (at(TokenKind::string) && !known(context_.string_value(*peek()))) {
    fail(Code::unknown_word, span, "expected " + one_of(words), "not a string");
  }
  const auto text = word(one_of(words));
  if (!text) return std::nullopt;
  if (std::find(words.begin(), words.end(), *text) != words.end()) return std::string(*text);
  std::vector<Help> help = context_.suggestion(span, *text, words);
  fail(Code::unknown_word, span, "expected " + one_of(words) + ", not `" + printable(*text) + "`",
       "", std::move(help));
  return std::nullopt;
}

std::optional<bool> Reader::on_off() {
  if (const Value* value = constant(Type::boolean)) return value->text == "on";
  const auto text = choice({"on", "off"});
  if (!text) return std::nullopt;
  return *text == "on";
}

namespace {

template <class T>
std::optional<T> value_or_fail(Reader& reader, Span span, const Parsed<T>& parsed) {
  if (const auto* value = std::get_if<T>(&parsed)) return *value;
  reader.fail(span, std::get<Problem>(parsed));
  return std::nullopt;
}

}  // namespace

// `15 m`: a word behind a number that would be its unit.
template <class T>
void Reader::loose_unit(Span span, std::string_view number, Parsed<T> (*parse)(std::string_view)) {
  if (!at(TokenKind::word)) return;
  const Span unit = here();
  const std::string joined = std::string(number).append(context_.text(unit));
  const Parsed<T> parsed = parse(joined);
  const auto* problem = std::get_if<Problem>(&parsed);
  if (problem != nullptr && problem->replacement.empty()) return;
  const Span both{span.source, span.begin, unit.end, span.expansion};
  const Code code = std::is_same_v<T, std::uint64_t> ? Code::bad_rate : Code::bad_duration;
  fail(code, unit, "the unit stands directly behind its number", "no blank before this",
       {replacement(both, problem == nullptr ? joined : problem->replacement)});
}

std::optional<std::uint64_t> Reader::number(std::uint64_t max) {
  const Span span = here();
  const auto text = literal(Type::integer, "a whole number");
  if (!text) return std::nullopt;
  return value_or_fail(*this, span, parse_number(*text, max));
}

std::optional<std::chrono::seconds> Reader::duration() {
  const Span span = here();
  if (at(TokenKind::string) && context_.string_value(*peek()).find(' ') != std::string::npos) {
    fail(Code::unknown_word, span, "expected a duration, such as `15m`", "not a string",
         {advice("there are no cron lines; `every 1h` is once in each hour")});
  }
  const auto text = literal(Type::duration, "a duration, such as `15m`");
  if (!text) return std::nullopt;
  const auto parsed = parse_duration(*text);
  if (std::holds_alternative<Problem>(parsed)) loose_unit(span, *text, parse_duration);
  return value_or_fail(*this, span, parsed);
}

std::optional<std::uint64_t> Reader::rate() {
  const Span span = here();
  const auto text = literal(Type::rate, "a rate, such as `80MiB/s`");
  if (!text) return std::nullopt;
  const auto parsed = parse_rate(*text);
  if (std::holds_alternative<Problem>(parsed)) loose_unit(span, *text, parse_rate);
  return value_or_fail(*this, span, parsed);
}

std::optional<std::uint64_t> Reader::size() {
  const Span span = here();
  const auto text = literal(Type::size, "a size, such as `10GiB`");
  if (!text) return std::nullopt;
  return value_or_fail(*this, span, parse_size(*text));
}

std::optional<Regex> Reader::regex() {
  const Span span = here();
  const auto text = string("a regular expression");
  if (!text) return std::nullopt;
  std::string error;
  Regex compiled = Regex::compile(*text, error);
  if (error.empty()) return compiled;
  const bool glob = text->front() == '*' || text->front() == '?';
  fail(Code::bad_regex, span, "not a regular expression: " + printable(error, 120), "",
       {advice(glob ? "this looks like a wildcard; in a regular expression any text is `.*`, and "
                      "`^` and `$` are the beginning and the end"
                    : "the syntax is that of RE2, which has no look-around and no back "
                      "references")});
  return std::nullopt;
}

// What to do about a comma with something behind it.
Help Reader::after_comma() const {
  const std::string_view key = context_.key(statement_);
  const bool is_rule =
      std::any_of(next_, end_, [](const Token& token) { return token.kind == TokenKind::arrow; });
  if (is_rule) return replacement(here(), ";");
  if (key == "keep") return advice("each `keep` is a statement of its own, on its own line");
  if (key == "on" || key == "from" || key == "to")
    return advice("a job has one host here; write a job for each");
  return advice("statements on one line are separated by `;`");
}

bool Reader::no_more_values() {
  if (!ok_) return false;
  if (next_ == end_) return true;
  Span span = here();
  span.end = context_.span(statement_).end;
  std::vector<Help> help;
  if (next_->kind == TokenKind::word && is_foreign_comment(context_.text(*next_))) {
    help.push_back(advice("comments begin with `#`"));
  } else if (next_->kind == TokenKind::comma && next_ + 1 == end_) {
    help.push_back({"leave the comma out", span, ""});
  } else if (next_->kind == TokenKind::comma) {
    help.push_back(after_comma());
  } else if (next_->kind == TokenKind::word) {
    help.push_back(advice("statements on one line are separated by `;`"));
  } else if (next_->kind == TokenKind::open) {
    help.push_back(advice("a block stands in braces: `{ … }`"));
  }
  fail(Code::unwanted_value, span, "nothing more is expected here", "", std::move(help));
  return false;
}

bool Reader::end() {
  if (!no_more_values()) return false;
  if (statement_.has_block) {
    std::vector<Help> help;
    if (context_.key(statement_) == "site") {
      help.push_back(advice("a site has no block; what is in it stands below, by itself"));
    }
    fail(Code::unwanted_block, context_.opening_brace(statement_),
         "`" + printable(context_.key(statement_)) + "` takes no block here", "", std::move(help));
  }
  return ok_;
}

bool Reader::block(std::string_view example) {
  if (!ok_) return false;
  if (!statement_.has_block && next_ == end_) {
    fail(Code::missing_block, here(), "expected a block", "`{` is missing here",
         {advice("write `" + std::string(example) + "`")});
    return false;
  }
  const std::string_view key = context_.key(statement_);
  if (!statement_.has_block && (key == "send" || key == "receive") && at(TokenKind::word)) {
    Span words = here();
    words.end = context_.span(statement_).end;
    fail(Code::missing_block, words, "expected a block", "",
         {replacement(words, "{ " + std::string(context_.text(words)) + " }")});
  }
  return no_more_values() && ok_;
}

}  // namespace zr
