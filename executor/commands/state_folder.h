#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "executor/exit_status.h"
#include "executor/result.h"
#include "executor/run/lock.h"
#include "lang/policy.h"

namespace zr {

// Where the lock and the journal live. A sim host lives on this machine, so where no local host
// says where, its `state` counts too. Found like a sim host's file: from the site file's folder.
Result<std::filesystem::path> state_folder(const Policy&);

std::filesystem::path journal_in(const std::filesystem::path& state_folder, const Policy&);
// Where a daemon of the site listens.
std::filesystem::path socket_in(const std::filesystem::path& state_folder, const Policy&);

// Of a whole command, which is how the lock names its holder. A Failure where another holds it.
std::variant<SiteLock, Failure> take_lock(const Policy&, const std::filesystem::path& state_folder,
                                          const std::string& command, Millis now);

}  // namespace zr
