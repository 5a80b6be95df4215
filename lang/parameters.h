#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lang/context.h"
#include "lang/declarations.h"

namespace zr {

// The parameters of templates: what a head declares, what a use gives, and what a body may say.

// The list in `policy NAME(param: type = default, …)`; defaults are read in the entered scope.
// None, and reported, when something is wrong with it.
std::optional<std::vector<Parameter>> read_parameters(Context&, const Declarations&,
                                                      const ast::Statement&);

// The values that a use, `NAME instance(param: value, …)`, gives: read in the entered scope, one
// for every parameter. None, and reported, when something is wrong.
std::optional<std::map<std::string, Value, std::less<>>> read_arguments(Context&,
                                                                        const Declarations&,
                                                                        const ast::Statement&,
                                                                        const Template&);

// A `for NAME in [a, b] { … }`.
struct Loop {
  std::string name;
  std::vector<Value> elements;  // of one type; their texts are identifiers, no two alike
};
std::optional<Loop> read_loop(Context&, const ast::Statement&);

// What stands right of the `=` of a `let`.
std::optional<Value> read_let(Context&, const Declarations&, const ast::Statement&);

// Reports every `{name}` in the body of a template that names none of its parameters, once for all
// its expansions; false when there is one.
bool check_braces(Context&, const ast::Statement& body, const std::vector<std::string>& parameters);

}  // namespace zr
