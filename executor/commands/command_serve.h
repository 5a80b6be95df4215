#pragma once

#include <chrono>

#include "executor/commands/command.h"

namespace zr {

// Speaks the protocol of executor/rpc on stdin and stdout until the other end closes them.
Outcome serve(const ServeCommand&, std::chrono::seconds zfs_timeout, const Outside&,
              const Console&);

}  // namespace zr
