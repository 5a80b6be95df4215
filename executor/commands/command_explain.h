#pragma once

#include "executor/commands/command.h"

namespace zr {

// The page of a code of lang/codes.h, or the list of all codes.
Outcome explain(const ExplainCommand&, const Console&);

}  // namespace zr
