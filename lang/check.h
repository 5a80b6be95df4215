#pragma once

#include "lang/diagnostic.h"
#include "lang/policy.h"
#include "lang/witness.h"

namespace zr {

// What no dataset needs to exist for to be wrong: proofs over the rules alone. `may_lack_jobs` says
// that a push or pull had an error of its own and is not in the policy, so that nothing may be
// concluded from its absence.
void check(const Policy&, bool may_lack_jobs, Diagnostics&);

// The part of it in feeds_itself.cc: a dataset that replication would copy again and again.
void check_loops(const Policy&, const Routes&, const Witnesses&, Diagnostics&);

}  // namespace zr
