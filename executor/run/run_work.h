#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "executor/run/rate.h"
#include "executor/run/run_connections.h"
#include "executor/run/run_guids.h"
#include "executor/run/schedule.h"

namespace zr {

// What the units of a run share. Safe from several threads.
struct RunContext {
  const Plan& plan;
  Connections& connections;
  Guids& guids;
  const Patience& patience;
  const RateLimits& rates;
};

// Each carries out one unit, blocking, and says how each of its steps ended: done, failed or, once
// a stop was requested, interrupted.

// Changes of one kind on one host. What fails as a batch is tried one by one, to tell which it was.
std::vector<event::StepEnded> run_changes(const RunContext&, const Unit&);
// Snapshots of one pool: all or none of those whose datasets are still there.
std::vector<event::StepEnded> run_snapshots(const RunContext&, const Unit&);
// None when all of it was sent: whether it landed is then for run_landings() to see. Done, here
// too, means that the target was seen to have the snapshot. `moved`: the bytes so far.
std::optional<std::vector<event::StepEnded>> run_stream(
    const RunContext&, const Unit&, const std::function<void(std::uint64_t)>& moved);
// What streams to one host, which were sent, have become: one listing for all of them.
std::vector<event::StepEnded> run_landings(const RunContext&, const Unit&);

// The outcome of something that failed: after a stop was requested it is an interruption.
event::StepEnded failure(const RunContext&, StepId, const Error&);

}  // namespace zr
