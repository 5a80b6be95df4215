#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "executor/daemon_status.h"
#include "planner/json_value.h"
#include "planner/json_writer.h"

namespace zr {

// The members of a daemon's status, as its socket and `zrepl status --json` have them
// (executor/report/status.schema.json).
void write_members(JsonWriter&, const DaemonStatus&, JsonWriter::Layout);
// What is wrong is in the fields' error.
DaemonStatus read_daemon_status(const JsonFields&);

}  // namespace zr
