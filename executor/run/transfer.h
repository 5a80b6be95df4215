#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "executor/run/rate.h"
#include "executor/zfs.h"

namespace zr {

// Is told the bytes moved so far: a few times a second, and at the end.
using OnMoved = std::function<void(std::uint64_t bytes)>;

// Moves a stream from its sender to its receiver: by splice(2) where both are pipes, through a
// fixed buffer otherwise; memory does not grow with the stream. The bytes moved, once the sender
// has no more. Nothing is finished then: finish_both() is next. On an error the streams are only to
// be destroyed, which cuts the receiver and ends the sender. Where the receiver died, the error is
// the receiver's; where a stop was requested it is Remedy::retry. SIGPIPE is this function's to
// handle.
Result<std::uint64_t> transfer(SendStream&, ReceiveStream&, const OnMoved&, Pace, std::stop_token);

// After a transfer() that succeeded: whether the stream was all of it, and whether all of it
// landed. The sender is asked first: what it did not complete must not look complete to the
// receiver, which is then left unfinished, to be cut by its destruction.
Result<void> finish_both(SendStream&, ReceiveStream&);

}  // namespace zr
