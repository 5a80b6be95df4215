#pragma once

#include "executor/commands/command.h"

namespace zr {

Outcome man(const ManCommand&, const Console&);

}  // namespace zr
