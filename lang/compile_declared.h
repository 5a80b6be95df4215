#pragma once

#include "lang/context.h"
#include "lang/declarations.h"
#include "lang/policy.h"

namespace zr {

// From declarations to the policy: first what jobs refer to, then the jobs. False when a push or a
// pull may be missing, because it has an error.
bool compile_declared(Context&, Declarations&, Policy&);

}  // namespace zr
