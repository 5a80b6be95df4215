#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "executor/machine/machine.h"
#include "executor/result.h"

namespace zr {

// The line of ~/.ssh/authorized_keys (sshd(8)) that gives the holder of a key this one command and
// nothing else. `key` is a public key's line; without one the line ends where it belongs. An error
// when the command or the key can't stand there.
Result<std::string> authorized_keys_line(const Argv& command,
                                         const std::optional<std::string>& key);

}  // namespace zr
