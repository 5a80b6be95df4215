#pragma once

#include "lang/context.h"
#include "lang/limits.h"

namespace zr {

// A `limits` block. What it does not say, or says wrongly, is as without it.
Limits compile_limits(Context&, const ast::Statement&);

}  // namespace zr
