#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "executor/progress.h"
#include "planner/plan.h"

namespace zr {

// Why a plan can't be carried out; empty when it can. A plan may come from a file that anyone
// wrote: ids that lead nowhere, half a stream, names that ZFS would not take, a cycle.
std::string problem_with(const Plan&);

// What is started at once and takes one slot at each of its ends: a stream (the send or resume,
// then the recv), or changes of one kind on one host, which are independent of each other.
struct Unit {
  std::vector<StepId> steps;
  bool is_stream = false;
};

// Which steps may start now. Pure bookkeeping: whoever drives it does the work, one thread at a
// time.
//
// The smallest ids come first. Snapshots of one pool and one name wait for each other, so that they
// are one atomic command, unless nothing else could go on. Every step gets exactly one outcome.
class Schedule {
 public:
  // `slots` per host, 1 where not named. The plan has no problem (problem_with) and outlives this.
  Schedule(const Plan&, const std::map<HostName, unsigned>& slots);

  // What to start now, taking its slots; none while everything waits for what runs, or is settled.
  std::optional<Unit> next();

  // A unit has ended, with an outcome for each of its steps (done, failed or interrupted): its
  // slots are free. Returns the steps that are skipped because of it.
  std::vector<event::StepEnded> finish(const Unit&, std::span<const event::StepEnded>);

  // Gives up on everything that was not started: those steps, in order. next() has nothing any
  // more.
  std::vector<StepId> abandon();

  std::size_t running() const { return running_; }

 private:
  enum class State { waiting, running, settled };

  // Units of one lane compete for the same slots and may form one batch.
  struct Lane {
    HostName host;
    HostName receiver;  // of a stream; the same as `host` otherwise
    std::size_t kind = 0;
    std::string group;  // snapshots: pool and name
    auto operator<=>(const Lane&) const = default;
  };
  struct Queue {
    std::set<StepId> ready;
    std::size_t outstanding = 0;  // ready or still waiting
  };
  // A step, or a stream as its sending end: what the edges run between.
  struct Vertex {
    State state = State::waiting;
    StepId receiver = 0;  // of a stream; 0 otherwise
    std::size_t waits_for = 0;
    std::vector<StepId> dependents;
    std::map<Lane, Queue>::iterator queue;
  };

  Lane lane_of(const Step&) const;
  void add_vertices();
  void add_edges();
  bool has_slots(const Lane&) const;
  Unit take(const Lane&, Queue&);
  void ready(StepId);
  void settle(StepId);
  void skip_dependents(StepId failed, std::vector<event::StepEnded>& skipped);
  bool is_vertex(StepId id) const { return vertex_of_[id] == id; }

  const Plan& plan_;
  std::map<HostName, std::size_t> free_;
  std::map<Lane, Queue> queues_;
  std::vector<StepId> vertex_of_;  // by step id
  std::vector<Vertex> vertices_;   // by step id; only those that are their own vertex
  std::size_t running_ = 0;
};

}  // namespace zr
