#pragma once

#include <optional>

#include "lang/context.h"
#include "lang/reader.h"
#include "lang/retention.h"

namespace zr {

// What follows `keep grid`: `1x1h(keep=all) | 24x1h | 7x1d`.
std::optional<KeepGrid> read_grid(Context&, Reader&);

}  // namespace zr
