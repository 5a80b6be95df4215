#pragma once

#include <string>
#include <variant>

#include "executor/commands/command.h"
#include "executor/commands/site.h"
#include "executor/exit_status.h"
#include "planner/plan.h"
#include "planner/world.h"

namespace zr {

// From a site to a plan, as every command does that needs one.

// make_plan(), with the choice of jobs written into the plan, for when it is saved.
Plan planned(const Policy&, const World&, Millis now);

// What the hosts hold now. A Failure only when it was interrupted.
std::variant<World, Failure> observe_now(const Policy&, const Connect&, std::stop_token);

// The world that `planning` wants: its file, or what the hosts hold.
std::variant<World, Failure> world_for(const Policy&, const Planning&, const Reach&,
                                       const Outside&);

// How to reach a site's hosts.
Reach reach_of(const Policy&, Millis now, std::chrono::seconds zfs_timeout);

// Restricts the policy to the jobs wanted, gets the world, and plans. Changes nothing anywhere.
std::variant<Plan, Failure> plan_for(Policy&, const Planning&, std::chrono::seconds zfs_timeout,
                                     const Outside&);

// Of a command that has more to say than notes: without them.
DiagnosticStyle style_of(const Console&);

}  // namespace zr
