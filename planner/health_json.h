#pragma once

#include <string>

#include "planner/health.h"
#include "planner/json_writer.h"

namespace zr {

// A document as in planner/health.schema.json; format_version as in json.h.
std::string health_to_json(const Health&);

// One of its verdicts, for documents that have some of them.
void write_verdict(JsonWriter&, const HealthVerdict&);

}  // namespace zr
