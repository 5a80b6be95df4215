#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lang/body.h"
#include "lang/context.h"
#include "lang/policy.h"

namespace zr {

// When a job runs: `every`, `offset` and `jitter`.

std::optional<std::chrono::seconds> compile_every(Context&, const ast::Statement*);

// `owner` names the block in messages. Without `every` there is nothing to be late in.
Delay compile_delay(Context&, const Body&, const std::string& owner,
                    std::optional<std::chrono::seconds> every);

}  // namespace zr
