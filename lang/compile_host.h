#pragma once

#include <optional>

#include "lang/context.h"
#include "lang/policy.h"

namespace zr {

// A `host` block. What is wrong is reported; the host is then not to be used.
Host compile_host(Context&, const ast::Statement&, HostName);

}  // namespace zr
