#pragma once

#include <optional>
#include <string>

#include "lang/policy.h"
#include "planner/world.h"

namespace zr {

// Explains one dataset, or one snapshot of it: the rules that decide about it with their places,
// the jobs that touch it, and for each snapshot every keep that wants it, what else holds it, and
// what becomes of it at `now`. Of a dataset also how its snapshots fall into the periods of each
// keep that has any, and what stays for which. Text for a person.
std::string why(const Policy&, const World&, Millis now, const HostName&, const DatasetName&,
                const std::optional<std::string>& snapshot);

}  // namespace zr
