#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "executor/machine/descriptor.h"
#include "executor/result.h"
#include "executor/rpc/connection.h"
#include "executor/zfs.h"

namespace zr {

// Opens the ZFS that one call is for; the stop is requested when its caller is gone. Called from
// several threads at once.
using OpenForCall = std::function<Result<std::unique_ptr<Zfs>>(std::stop_token)>;

// Answers the calls of whoever is at the other end, several at once, until it closes the connection
// or a stop is requested; returns when the last of them is over. The error says why the connection
// broke.
Result<void> answer_calls(Descriptor in, Descriptor out, const ConnectionOptions&,
                          const OpenForCall&, const std::stop_token&);

}  // namespace zr
