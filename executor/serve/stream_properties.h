#pragma once

#include <string_view>

namespace zr {

// Whether a client may ever be granted to set it: none of those that are kept out of streams
// (lang/granting.h), nothing that a receive takes for more than a property (`origin`), nothing that
// says where a key comes from, none of this program's own marks, and nothing that is no property's
// name.
bool settable_by_client(std::string_view property);
bool is_property_name(std::string_view);

}  // namespace zr
