#pragma once

#include <string>

#include "planner/health.h"

namespace zr {

// A document as in planner/health.schema.json; format_version as in json.h.
std::string health_to_json(const Health&);

}  // namespace zr
