#pragma once

#include <cstdint>
#include <memory>

#include "executor/result.h"
#include "executor/sim/sim_file.h"
#include "executor/zfs.h"

namespace zr {

// Opens the stream that a request asks for. What it sends can't be destroyed while it lives.
Result<std::unique_ptr<SendStream>> open_sim_send(std::shared_ptr<SimFile>, const HostName&,
                                                  const SendRequest&,
                                                  std::uint64_t max_filler_bytes);

}  // namespace zr
