#pragma once

#include <set>
#include <utility>
#include <vector>

#include "lang/policy.h"
#include "planner/plan.h"
#include "planner/world.h"

namespace zr {

// What a plan destroys and creates, held against what the site's `limits` let one run do on a host.

// One thing that counts: a snapshot that is there and goes, a snapshot that is taken, or a dataset
// that comes into being. Bookmarks, holds and what the same plan brought before do not count, and
// neither do the snapshots that streams carry.
struct Charge {
  HostName host;
  Budgeted what{};
  DatasetName dataset;       // by the name that it will have
  std::string version;       // of a snapshot; empty: the dataset itself
  std::optional<Guid> guid;  // of what is destroyed
  auto operator<=>(const Charge&) const = default;
};

// With the step that does it, in the order of the steps, each once. The world is the one planned
// for.
using Charges = std::vector<std::pair<StepId, Charge>>;
Charges charges_of(const Plan&, const World&);

// A run that plans again is one run all the same.
struct RunSoFar {
  std::set<Charge> done;     // by its earlier plans, or perhaps so
  std::set<Charge> allowed;  // beyond the limits, by somebody's word
};

// Says in the plan where it goes beyond the limits, together with what was done before, and gives
// that a name. What was allowed once is not asked for again, as long as nothing was added.
void judge_budget(Plan&, const Charges&, const Policy&, const World&, const RunSoFar& = {});

}  // namespace zr
