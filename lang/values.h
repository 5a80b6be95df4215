#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/source.h"

namespace zr {

struct NamedHost;
struct NamedRules;
struct NamedRetention;

// The types of what a name may stand for: a parameter of a `policy`, the element of a `for`, a
// `let`. A `word` is an element written bare: the name of a host, of rules or of a retention, or
// part of a dataset, as the place that uses it wants.
enum class Type {
  host,
  dataset,
  pattern,
  rules,
  retention,
  duration,
  size,
  rate,
  string,
  integer,
  boolean,
  word
};

std::string_view to_string(Type);  // as a parameter declares it: "int", "bool"
std::string describe(Type);        // for a message: "a duration"
// Of a keyword in a parameter list; a `word` has none.
std::optional<Type> parse_type(std::string_view);
std::vector<std::string> type_keywords();

// A value that was checked to be of its type.
struct Value {
  Type type{};
  // As a word of the language, or what a string says; `{name}` stands for this. A pattern's with
  // `<`.
  std::string text;
  Span span;  // where it was written
  // What the text names, for the types that are names. They live as long as the compilation.
  const NamedHost* host = nullptr;
  const NamedRules* rules = nullptr;
  const NamedRetention* retention = nullptr;
};

}  // namespace zr
