#pragma once

#include "lang/context.h"
#include "lang/declarations.h"

namespace zr {

// The rules in a statement's block: `rules NAME { … }`, or the inline block of a job.
RulesBlock compile_rules(Context&, const ast::Statement&);

// The value of `datasets`: a block or the name of one, with `ok` and `omit` only.
Rules compile_filter(Context&, const Declarations&, const ast::Statement&);
// The value of `map`: a block or the name of one, with targets and `omit` only.
Rules compile_map(Context&, const Declarations&, const ast::Statement&);

}  // namespace zr
