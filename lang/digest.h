#pragma once

#include <string>
#include <string_view>

namespace zr {

std::string sha256_hex(std::string_view);  // 64 lower-case hex digits

}  // namespace zr
