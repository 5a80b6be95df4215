#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "executor/machine/machine.h"

namespace zr {

// Runs programs on this machine by posix_spawn(3), without a shell. A program is looked for in PATH
// and then where zfs(8) usually is (/usr/local/sbin, /usr/sbin, /sbin), since PATH often lacks
// those. It runs in a process group of its own (a Ctrl-C at the terminal is this program's to
// handle), with default signals, LC_ALL=C, and no descriptors but its three. Safe from several
// threads.
class LocalHost final : public Machine {
 public:
  Result<std::unique_ptr<Process>> spawn(const Argv&) override;
  std::size_t max_argv_bytes() const override;
};

// The file that LocalHost runs by that name, which is a path already where there is a / in it.
std::optional<std::string> find_program(const std::string& name);

// The name of the user as whom this process runs; the number of one that has none.
std::string current_user();

}  // namespace zr
