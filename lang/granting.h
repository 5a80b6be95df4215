#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zr {

// What a client could do to a serving host by setting the ZFS property on what it pushes there:
// "mounts it". Empty for a property that does no more than say how data is stored, and for those
// that ZFS does not know.
std::string_view danger_of_property(std::string_view name);

// Properties that a stream must not bring into a sink: each decides where data of the client shows
// up on the serving host, what of it may run, or who else gets to see it. Excluded from every
// receive there, so that what is above the target decides. Sorted.
const std::vector<std::string>& kept_out_of_streams();

}  // namespace zr
