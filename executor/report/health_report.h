#pragma once

#include <optional>
#include <string>

#include "executor/past_run.h"
#include "planner/health.h"

namespace zr {

// A site's health for what watches hosts. Pure; the text for people is planner/health_text.h's, and
// the document planner/health_json.h's.

// A plugin's output, as the Nagios plugin API has it and Icinga takes it: a line with the worst
// finding, performance data behind a `|`, and a line for each further finding.
std::string health_to_nagios(const Health&);

// OpenMetrics 1.0; only gauges, so that it is also what Prometheus' older text format allows and
// node-exporter's textfile collector reads.
std::string health_to_openmetrics(const Health&, const std::optional<PastRun>& = {});

}  // namespace zr
