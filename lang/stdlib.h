#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zr {

// The built-in library: the texts of `stdlib/*.zr`, made part of the program when it is built.

// Of "std/retention"; none when the library has no such file.
std::optional<std::string_view> stdlib_text(std::string_view path);
// "std/retention" and so on, sorted.
std::vector<std::string> stdlib_names();

}  // namespace zr
