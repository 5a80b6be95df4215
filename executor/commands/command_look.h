#pragma once

#include <chrono>

#include "executor/commands/command.h"

namespace zr {

// The commands that look at a site's policy and its hosts, without a plan.
Outcome check(const CheckCommand&, const Console&);
Outcome observe_site(const ObserveCommand&, std::chrono::seconds zfs_timeout, const Outside&,
                     const Console&);
// `show --effective SITE [HOST:DATASET]`.
Outcome show_effective(const std::string& site, const std::optional<std::string>& object,
                       const Console&);
Outcome map(const MapCommand&, const Console&);
Outcome why_of(const WhyCommand&, std::chrono::seconds zfs_timeout, const Outside&, const Console&);

}  // namespace zr
