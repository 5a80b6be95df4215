#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "executor/result.h"
#include "executor/serve/client_zfs.h"

namespace zr {

// Writes a line down. Any thread may call it.
using LogLine = std::function<void(std::string_view)>;

// Where what serving did is written down: in a file, which only its owner may read, or without one
// in the system's log, as sshd(8) writes down who logs in. Opens what it needs now, for later that
// may be denied: a system's log that is started anew meanwhile gets no more lines.
Result<LogLine> open_log(const std::optional<std::string>& file);

// "office: denied send of "tank/db": …", without anything that a terminal or a log would take for
// more than text.
OnDenied log_denials(LogLine);

}  // namespace zr
