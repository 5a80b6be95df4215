#pragma once

#include <string>

#include "planner/health.h"
#include "planner/render.h"

namespace zr {

// What is not as promised, the worst first, and how much is; text for a person.
std::string render(const Health&, const RenderOptions&);

// The parts of it that other formats have too: escaped, each on one line.
std::string place_of(const HealthVerdict&);  // "nas:tank/db autosnap.production"
std::string counts_of(const Health&);        // "2 critical, 1 warning, 12 ok"

}  // namespace zr
