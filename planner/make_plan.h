#pragma once

#include "lang/policy.h"
#include "planner/plan.h"
#include "planner/world.h"

namespace zr {

// What is to be done so that the world becomes what the policy says. Pure, total, deterministic:
// what can't be done is conflicts in the plan, never an error, and the same three inputs, in any
// order of their parts, give the same plan. Planning again after the plan was carried out, at the
// same `now`, gives no steps.
Plan make_plan(const Policy&, const World&, Millis now);

}  // namespace zr
