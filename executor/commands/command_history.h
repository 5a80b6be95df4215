#pragma once

#include "executor/commands/command.h"

namespace zr {

Outcome history(const HistoryCommand&, const Console&);

}  // namespace zr
