#pragma once

#include <string_view>
#include <vector>

#include "lang/context.h"

namespace zr {

// What a `keep` statement probably means whose first word is no kind of keep: `keep 7 daily`,
// `keep 30d`, `keep 24x1h | 7x1d`. Empty when there is no telling.
std::vector<Help> keep_advice(Context&, const ast::Statement&,
                              const std::vector<std::string>& kinds);

}  // namespace zr
