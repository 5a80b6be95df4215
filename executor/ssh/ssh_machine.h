#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "executor/machine.h"
#include "lang/host.h"

namespace zr {

// A machine at the other end of an SSH connection of its own. Its processes' streams are pipes, as
// those of one that runs here are; programs run in the C locale, and are looked for where zfs(8)
// usually is, too. Once the connection is gone everything is Remedy::reconnect. `folder` is the
// site file's, where relative names of files are found. Errors of logging in are those of
// ssh_login().
Result<std::unique_ptr<Machine>> connect_ssh(const SshTransport&,
                                             const std::filesystem::path& folder, std::stop_token);

}  // namespace zr
