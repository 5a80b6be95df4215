#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/context.h"
#include "lang/literals.h"
#include "lang/names.h"
#include "lang/regex.h"
#include "lang/rules.h"

namespace zr {

// Reads the values of one statement, from left to right. The first thing that is wrong is reported;
// after that everything is read as nothing, quietly. A statement that the parser reported reads as
// nothing from the start.
class Reader {
 public:
  // Begins after `skip` tokens, the keywords.
  Reader(Context&, const ast::Statement&, std::size_t skip = 1);

  bool ok() const { return ok_; }
  const ast::Token* peek() const;  // null at the end, and after a failure
  const ast::Token* next();
  bool at(ast::TokenKind) const;
  bool at_end() const { return peek() == nullptr; }
  Span here() const;  // the next token, or the place behind the last
  const ast::Statement& statement() const { return statement_; }

  void fail(Code, Span, std::string message, std::string label = {}, std::vector<Help> help = {},
            std::vector<Label> secondary = {});
  void fail(Span, const Problem&);

  // `what` names the value in messages: "a host's name".
  std::optional<std::string> identifier(std::string_view what);
  // A name, or `file.name`.
  std::optional<std::string> reference(std::string_view what);
  std::optional<std::string> string(std::string_view what);
  std::optional<std::string_view> word(std::string_view what);
  std::optional<std::string> choice(const std::vector<std::string>& words);
  std::optional<bool> on_off();
  std::optional<std::uint64_t> number(std::uint64_t max);
  std::optional<std::chrono::seconds> duration();
  std::optional<std::uint64_t> rate();
  std::optional<std::uint64_t> size();
  std::optional<std::vector<std::string>> strings();  // ["a", "b"]
  std::optional<Regex> regex();
  std::optional<DatasetName> dataset();  // bare or quoted, without a `<`
  std::optional<Pattern> pattern();
  std::optional<RuleResult> result();

  // Nothing more follows. False, and reported, when something does.
  bool end();
  // A block follows, and nothing before it.
  bool block(std::string_view example);

 private:
  std::optional<DatasetName> dataset_of(const ast::Token&);
  // The constant of the wanted type that the next word names, which is then taken. Null when it
  // names none; a constant of another type is reported.
  const Value* constant(Type wanted);
  // A word, or what the constant that it names stands for.
  std::optional<std::string_view> literal(Type, std::string_view what);
  bool expect_value(std::string_view what);
  template <class T>
  void loose_unit(Span, std::string_view number, Parsed<T> (*parse)(std::string_view));
  Help as_list() const;
  Help after_comma() const;
  bool no_more_values();

  Context& context_;
  const ast::Statement& statement_;
  const ast::Token* next_;
  const ast::Token* end_;
  bool ok_;
};

}  // namespace zr
