#pragma once

#include "lang/context.h"
#include "lang/declarations.h"
#include "lang/modules.h"

namespace zr {

// Checks the bodies of the policies that nothing makes, and of loops over nothing, so that their
// mistakes do not wait for the first use. Each is compiled once with stand-ins for its parameters,
// and of what is found then only that is reported which no arguments and no other site could make
// right: a statement, a name or a type that is wrong, and a value in a statement that names no
// parameter. What the policies' scopes declare is compiled already.
void check_unused_policies(Sources&, Modules&, const Declarations&, Diagnostics&);

}  // namespace zr
