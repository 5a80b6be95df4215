#pragma once

#include <string>
#include <string_view>

#include "executor/machine/machine.h"
#include "executor/result.h"

namespace zr {

// What zfs(8) said when it failed, as an error: what can be done about it, and in words the way
// out. `status` as of Process::wait. The one place where zfs's messages are read. Pure.
Error zfs_failure(const Argv& command, int status, std::string_view err);

// Whether something was complained about, and nothing but names that do not exist.
bool only_missing(std::string_view err);

// Whether what failed was that the thing to be made is there already.
bool says_exists(std::string_view err);

// Whether a stream was received but one of its properties was not set, of which zfs thinks so
// little that its status is 0.
bool says_property_not_set(std::string_view err);

// A command for a message, arguments quoted where a shell would need it; long ones are cut.
std::string shown(const Argv& command);

}  // namespace zr
