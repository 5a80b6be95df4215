#pragma once

#include "executor/commands/command.h"

namespace zr {

// What the `##` comments of a file or of a part of the built-in library say; without a name, what
// the library has.
Outcome doc(const DocCommand&, const Console&);

}  // namespace zr
