#pragma once

#include <stop_token>

#include "executor/result.h"
#include "executor/rpc/channel.h"
#include "planner/world.h"

namespace zr {

// An inventory as a body: a world of one host, as planner/world.schema.json has it.
Result<void> write_listing(Channel&, const Inventory&, const std::stop_token&);
// At most 1 GiB of it.
Result<Inventory> read_listing(Channel&, const std::stop_token&);

}  // namespace zr
