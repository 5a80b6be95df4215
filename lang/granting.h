#pragma once

#include <string_view>

namespace zr {

// What a client could do to a serving host by setting the ZFS property on what it pushes there:
// "mounts it". Empty for a property that does no more than say how data is stored, and for those
// that ZFS does not know.
std::string_view danger_of_property(std::string_view name);

}  // namespace zr
