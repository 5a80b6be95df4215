#pragma once

#include <optional>
#include <string>

#include "executor/result.h"
#include "executor/serve/client_zfs.h"

namespace zr {

// Where denials are written down, a line each: in a file, which only its owner may read, or without
// one in the system's log, as sshd(8) writes down who logs in.
Result<OnDenied> denial_log(const std::optional<std::string>& file);

// "office: denied send of "tank/db": …", without anything that a terminal or a log would take for
// more than text.
std::string line_of(const Denial&);

}  // namespace zr
