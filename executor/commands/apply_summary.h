#pragma once

#include <string>
#include <string_view>

#include "executor/run/run.h"
#include "planner/plan.h"

namespace zr {

// The last words of an apply, for a person: what was done, what failed and was skipped, what
// remains, and what to do next. `site_file` is what the next command would be given.
std::string summary_of(const Plan&, const RunReport&, std::string_view site_file);

}  // namespace zr
