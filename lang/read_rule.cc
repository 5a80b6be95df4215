#include "lang/quote.h"
#include "lang/reader.h"
#include "lang/utf8.h"

// The part of Reader that reads datasets, patterns and results.

namespace zr {

using ast::Token;
using ast::TokenKind;

namespace {

bool is_reserved_pool(std::string_view text) {
  const std::string_view pool = text.substr(0, text.find('/'));
  return pool == "ok" || pool == "omit";
}

// A path as a dataset's name, without the slashes that are too many; `"tank<"` with the `<`
// outside.
std::vector<Help> mended_dataset(Span span, const Token& token, std::string text) {
  const bool bare = token.kind == TokenKind::word;
  bool subtree = token.subtree;
  if (!bare && !subtree && !text.empty() && text.back() == '<') {
    subtree = true;
    text.pop_back();
  }
  const bool is_path = text.substr(0, 1) == "/";
  std::string name;
  for (const char c : text) {
    if (c != '/' || (!name.empty() && name.back() != '/')) name += c;
  }
  while (!name.empty() && name.back() == '/') name.pop_back();
  // A mount point says nothing of the dataset that is mounted there.
  const std::string_view top = std::string_view(name).substr(0, name.find('/'));
  for (const std::string_view folder : {"mnt", "media", "srv", "var", "home", "usr", "opt"}) {
    if (is_path && top == folder) return {advice("`zfs list` shows the dataset of a mount point")};
  }
  if (!DatasetName::parse(name)) return {};
  return {replacement(span, (bare ? name : quoted(name)) + (subtree ? "<" : ""))};
}

}  // namespace

std::optional<DatasetName> Reader::dataset_of(const Token& token) {
  const Span span = context_.span(token);
  if (token.kind != TokenKind::word && token.kind != TokenKind::string) {
    fail(Code::bad_dataset, span, "expected a dataset", "",
         {advice("a dataset is written `tank/home`, or in quotes: \"tank/my files\"")});
    return std::nullopt;
  }
  const bool bare = token.kind == TokenKind::word;
  const std::string text = bare ? std::string(context_.text(token)) : context_.string_value(token);
  if (bare && !context_.scope().is_template() && text.find('{') != std::string::npos) {
    fail(Code::unknown_parameter, span,
         "`" + printable(text) + "` names a parameter, and there are none here", "",
         {advice("`{name}` stands for a parameter of the `policy` or `for` around it")});
    return std::nullopt;
  }
  auto name = DatasetName::parse(text);
  if (!name) {
    std::string why = DatasetName::problem(text);
    if (is_foreign_comment(text)) why = "comments begin with `#`";
    fail(Code::bad_dataset, span,
         text.empty() ? "expected a dataset" : "`" + printable(text) + "` is not a dataset", why,
         mended_dataset(span, token, text));
  } else if (name->str().size() > max_zfs_name_bytes) {
    fail(Code::bad_dataset, span, "`" + printable(text) + "` is not a dataset",
         "it is longer than 255 bytes, which ZFS does not allow");
    return std::nullopt;
  }
  return name;
}

std::optional<DatasetName> Reader::dataset() {
  if (!expect_value("a dataset, such as `tank/home`")) return std::nullopt;
  const Token& token = *next();
  if (token.subtree) {
    fail(Code::pattern_as_target, context_.span(token), "expected a dataset, and this is a pattern",
         "the `<` has no place here");
    return std::nullopt;
  }
  return dataset_of(token);
}

std::optional<Pattern> Reader::pattern() {
  if (!expect_value("a pattern, such as `tank<`")) return std::nullopt;
  const Token& token = *next();
  if (token.kind == TokenKind::everything) return Pattern{std::nullopt, true};
  if (const Value* value = context_.whole_parameter(token)) {
    if (value->type == Type::pattern && value->text == "<") return Pattern{std::nullopt, true};
    if (value->type == Type::pattern && value->text.back() == '<') {
      auto name = DatasetName::parse(value->text.substr(0, value->text.size() - 1));
      return Pattern{std::move(name), true};
    }
  }
  if (token.kind == TokenKind::word && is_reserved_pool(context_.raw_text(token))) {
    std::string mended = quoted(context_.raw_text(token)) + (token.subtree ? "<" : "");
    fail(Code::quote_needed, context_.span(token),
         "`ok` and `omit` are results; a pool of that name stands in quotes", "",
         {replacement(context_.span(token), std::move(mended))});
    return std::nullopt;
  }
  auto name = dataset_of(token);
  if (!name) return std::nullopt;
  if (at(TokenKind::everything) && !token.subtree) {
    const Span mark = here();
    Span both = context_.span(token);
    std::string mended(context_.raw_text(token));
    both.end = mark.end;
    fail(Code::loose_subtree_mark, mark, "the `<` stands directly behind its dataset", "",
         {replacement(both, mended + "<")});
    return std::nullopt;
  }
  return Pattern{std::move(name), token.subtree};
}

std::optional<RuleResult> Reader::result() {
  if (!expect_value("`ok`, `omit` or a target dataset")) return std::nullopt;
  const Token& token = *next();
  const Span span = context_.span(token);
  const bool bare = token.kind == TokenKind::word;
  const std::string_view text = bare ? context_.raw_text(token) : std::string_view{};
  if (token.kind == TokenKind::everything || token.subtree) {
    std::vector<Help> help;
    if (token.kind != TokenKind::everything) {
      std::string mended = bare ? std::string(text) : quoted(context_.string_value(token));
      help.push_back(replacement(span, std::move(mended)));
    }
    fail(Code::pattern_as_target, span, "a result may not be a pattern",
         "the `<` has no place here", std::move(help));
    return std::nullopt;
  }
  if (text == "ok") return RuleResult{Ok{}};
  if (text == "omit") return RuleResult{Omit{}};
  if (bare && is_reserved_pool(text)) {
    fail(Code::quote_needed, span, "a pool called `ok` or `omit` stands in quotes", "",
         {replacement(span, quoted(text))});
    return std::nullopt;
  }
  auto name = dataset_of(token);
  if (!name) return std::nullopt;
  return RuleResult{std::move(*name)};
}

}  // namespace zr
