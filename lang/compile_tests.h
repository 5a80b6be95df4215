#pragma once

#include "lang/context.h"
#include "lang/declarations.h"
#include "lang/policy.h"

namespace zr {

// The `test` blocks, into the policy, whose jobs are there already. Whether they hold is for
// run_tests() to say.
void compile_tests(Context&, const Declarations&, Policy&);

}  // namespace zr
