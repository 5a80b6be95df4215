#pragma once

#include <string_view>

#include "executor/result.h"

namespace zr {

// Whether zfs(8) would take it for -o and -x: one of its own that can be set, by either of its
// names, or a user property.
bool is_settable_property(std::string_view);
Error invalid_property(std::string_view dataset, std::string_view property);

}  // namespace zr
