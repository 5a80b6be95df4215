#pragma once

#include <cstdint>

#include "executor/result.h"
#include "executor/sim/sim_state.h"
#include "executor/sim/sim_stream.h"
#include "executor/zfs.h"

namespace zr {

// What receiving does to the target's pool; one snapshot at a time, as ZFS does it.

// Before anything of a stream: what can be said without having seen it.
Result<void> may_open(const SimHost&, const ReceiveRequest&);
enum class Arrival { takes, skips };
// Whether this snapshot may be received on what is there now. One that is there already is skipped.
Result<Arrival> may_receive(const SimHost&, const ReceiveRequest&, const SimSnapshotRecord&);
// All of it is there: the target gets the snapshot.
Result<void> land(const SimHost&, const ReceiveRequest&, const SimSnapshotRecord&);
// Only the first `filler_bytes` are there: kept for a resume.
Result<void> keep_partial(const SimHost&, const ReceiveRequest&, const SimSnapshotRecord&,
                          std::uint64_t filler_bytes);

}  // namespace zr
