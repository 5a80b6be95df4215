#pragma once

#include <string>
#include <string_view>

namespace zr {

// What to do about characters that mean nothing where they stand. `before` is the line up to them,
// and `key` the first word of their statement.
std::string character_advice(std::string_view characters, std::string_view before,
                             std::string_view key);

}  // namespace zr
