#pragma once

#include <optional>

#include "lang/context.h"
#include "lang/declarations.h"
#include "lang/reader.h"

namespace zr {

// One value of a known type: a literal, or a name that stands for one. Reported when it is none.
std::optional<Value> read_value(Context&, const Declarations&, Reader&, Type);

// One value whose type its form tells: a duration, a size, a rate, a string, a whole number, `on`
// or `off`; else a bare word.
std::optional<Value> read_literal(Context&, Reader&);

}  // namespace zr
