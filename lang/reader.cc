#include "lang/reader.h"

#include <algorithm>

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
  fail(problem.code, span, problem.message, "", std::move(help));
}

bool Reader::expect_value(std::string_view what) {
  if (!ok_) return false;
  if (next_ != end_) return true;
  fail(Code::missing_value, here(), "expected " + std::string(what), "nothing stands here");
  return false;
}

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
    if (is_identifier(value)) help.push_back(replacement(context_.span(token), value));
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
  std::vector<Help> help = context_.suggestion(span, *text, context_.scope().constants_of(type));
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

std::optional<std::uint64_t> Reader::number(std::uint64_t max) {
  const Span span = here();
  const auto text = literal(Type::integer, "a whole number");
  if (!text) return std::nullopt;
  return value_or_fail(*this, span, parse_number(*text, max));
}

std::optional<std::chrono::seconds> Reader::duration() {
  const Span span = here();
  const auto text = literal(Type::duration, "a duration, such as `15m`");
  if (!text) return std::nullopt;
  return value_or_fail(*this, span, parse_duration(*text));
}

std::optional<std::uint64_t> Reader::rate() {
  const Span span = here();
  const auto text = literal(Type::rate, "a rate, such as `80MiB/s`");
  if (!text) return std::nullopt;
  return value_or_fail(*this, span, parse_rate(*text));
}

std::optional<std::uint64_t> Reader::size() {
  const Span span = here();
  const auto text = literal(Type::size, "a size, such as `10GiB`");
  if (!text) return std::nullopt;
  return value_or_fail(*this, span, parse_size(*text));
}

std::optional<std::vector<std::string>> Reader::strings() {
  if (!expect_value("a list of strings")) return std::nullopt;
  const auto is_sign = [this](TokenKind kind, std::string_view sign) {
    return at(kind) && context_.text(*peek()) == sign;
  };
  const Span list = here();
  if (!is_sign(TokenKind::open, "[")) {
    std::vector<Help> help;
    if (at(TokenKind::string)) {
      help.push_back(replacement(list, "[" + std::string(context_.text(*peek())) + "]"));
    }
    fail(Code::bad_list, list, "expected a list of strings, such as `[\"sudo\", \"zfs\"]`", "",
         std::move(help));
    return std::nullopt;
  }
  next();
  std::vector<std::string> values;
  while (ok_ && !is_sign(TokenKind::close, "]")) {
    const auto value = string("an element of the list");
    if (!value) return std::nullopt;
    values.push_back(*value);
    if (at(TokenKind::comma)) {
      next();
    } else if (!is_sign(TokenKind::close, "]")) {
      fail(Code::bad_list, here(), "expected `,` or `]`");
    }
  }
  next();
  if (values.empty()) fail(Code::bad_list, list, "the list is empty");
  return ok_ ? std::optional(values) : std::nullopt;
}

std::optional<Regex> Reader::regex() {
  const Span span = here();
  const auto text = string("a regular expression");
  if (!text) return std::nullopt;
  std::string error;
  Regex compiled = Regex::compile(*text, error);
  if (error.empty()) return compiled;
  fail(Code::bad_regex, span, "not a regular expression: " + printable(error, 120), "",
       {advice("the syntax is that of RE2, which has no look-around and no back references")});
  return std::nullopt;
}

bool Reader::no_more_values() {
  if (!ok_) return false;
  if (next_ == end_) return true;
  Span span = here();
  span.end = context_.span(statement_).end;
  std::vector<Help> help;
  if (next_->kind == TokenKind::word) {
    help.push_back(advice("statements on one line are separated by `;`"));
  }
  fail(Code::unwanted_value, span, "nothing more is expected here", "", std::move(help));
  return false;
}

bool Reader::end() {
  if (!no_more_values()) return false;
  if (statement_.has_block) {
    fail(Code::unwanted_block, context_.opening_brace(statement_),
         "`" + printable(context_.key(statement_)) + "` takes no block here");
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
  return no_more_values() && ok_;
}

}  // namespace zr
