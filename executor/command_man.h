#pragma once

#include "executor/command.h"

namespace zr {

Outcome man(const ManCommand&, const Console&);

}  // namespace zr
