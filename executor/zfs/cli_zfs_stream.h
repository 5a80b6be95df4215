#pragma once

#include <memory>
#include <optional>
#include <string>

#include "executor/zfs.h"
#include "executor/zfs/zfs_command.h"

namespace zr {

// The two ends of a stream as processes. They check nothing: their callers do, right before.
Result<std::unique_ptr<SendStream>> open_send(const ZfsCommand&, const SendRequest&);
Result<std::unique_ptr<ReceiveStream>> open_receive(const ZfsCommand&, const ReceiveRequest&);

}  // namespace zr
