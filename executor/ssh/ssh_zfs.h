#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "executor/cli_zfs.h"
#include "executor/zfs.h"
#include "lang/host.h"

namespace zr {

// zfs(8) on a host that is reached by ssh, over one connection of its own. `folder` is the site
// file's, where relative names of files are found.
Result<std::unique_ptr<Zfs>> connect_ssh_zfs(const Host&, const SshTransport&,
                                             const std::filesystem::path& folder, CliZfsOptions,
                                             std::stop_token);

}  // namespace zr
