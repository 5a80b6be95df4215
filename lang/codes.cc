#include "lang/codes.h"

namespace zr {

std::string to_string(Code code) { return "ZR" + std::to_string(static_cast<unsigned>(code)); }

}  // namespace zr
