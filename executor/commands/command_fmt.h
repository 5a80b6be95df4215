#pragma once

#include "executor/commands/command.h"

namespace zr {

// The canonical layout of site files: written to them, shown as a diff, or only asked about. A file
// that is wrong does not keep the others from being handled.
Outcome format_sites(const FormatCommand&, const Console&);

}  // namespace zr
