#pragma once

#include <string>
#include <string_view>

namespace zr {

// What turns one text into another, as `diff -u` and `git diff` write it and patch(1) reads it:
// `--- a/NAME`, `+++ b/NAME`, and hunks with three lines of context. Empty when they are the same.
// In nearly linear time: where the texts have little in common it is not the shortest there is.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace zr
