#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zr {

// Properties that a stream must not bring along: each decides where data of the client shows up on
// this host, what of it may run, or who else gets to see it. Excluded from every receive, so that
// what is above the target decides. Sorted.
const std::vector<std::string>& kept_out_of_streams();

// Whether a client may ever be granted to set it: none of those, nothing that a receive takes for
// more than a property (`origin`), nothing that says where a key comes from, none of this program's
// own marks, and nothing that is no property's name.
bool settable_by_client(std::string_view property);
bool is_property_name(std::string_view);

}  // namespace zr
