#pragma once

#include "executor/commands/command.h"

namespace zr {

Outcome completion(const CompletionCommand&, const Console&);
Outcome complete(const CompleteCommand&, const Console&);

}  // namespace zr
