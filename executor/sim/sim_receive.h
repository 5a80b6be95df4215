#pragma once

#include <memory>

#include "executor/result.h"
#include "executor/sim/sim_file.h"
#include "executor/zfs.h"

namespace zr {

// Opens the receiving end. While it lives the target is busy for everything else.
Result<std::unique_ptr<ReceiveStream>> open_sim_receive(std::shared_ptr<SimFile>, const HostName&,
                                                        const ReceiveRequest&, Seconds now);

}  // namespace zr
