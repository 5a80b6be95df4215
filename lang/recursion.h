#pragma once

#include "lang/context.h"
#include "lang/declarations.h"

namespace zr {

// Reports the policies that use themselves, over however many others, whether anything uses them or
// not, and makes them and those that lead to them unusable: what is left comes to an end. Reads the
// policies' statements only.
void refuse_recursion(Context&, Declarations&);

}  // namespace zr
