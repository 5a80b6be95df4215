#pragma once

#include <string>
#include <string_view>

namespace zr {

// The text as a string of the language, quotes included: `"` and `\` and line breaks and tabs are
// escaped. Reading it back gives the same bytes.
std::string quoted(std::string_view);

}  // namespace zr
