#pragma once

#include <memory>

#include "executor/machine.h"
#include "executor/ssh/ssh_login.h"

namespace zr {

// Files that get what the programs of a connection read and write, as it comes: for debugging.
struct SshLogs {
  std::optional<std::filesystem::path> read;   // what came from the host
  std::optional<std::filesystem::path> write;  // what went there
};

// A machine at the other end of an SSH connection, which a thread of its own serves: several
// programs may run at once. A program's three streams are pipes, as those of one that runs here
// are. Programs run in the C locale, and are looked for where zfs(8) usually is, too. A peer that
// has said nothing for 25 seconds, asked whether it is there, counts as dead: what runs ends with
// Remedy::reconnect, as everything does from then on.
Result<std::unique_ptr<Machine>> make_ssh_machine(SshSession, const SshLogs&);

}  // namespace zr
