#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "executor/progress/progress.h"
#include "planner/plan.h"

namespace zr {

// Why a plan can't be carried out; empty when it can. A plan may come from a file that anyone
// wrote: ids that lead nowhere, half a stream, names that ZFS would not take, a cycle.
std::string problem_with(const Plan&);

// What is started at once. It takes one slot at each of its ends.
struct Unit {
  enum class Kind {
    changes,   // of one kind on one host, independent of each other
    stream,    // the send or resume, then the recv
    landings,  // likewise of each of several streams to one host: whether they landed is to be seen
  };
  std::vector<StepId> steps;
  Kind kind = Kind::changes;
};

// Which steps may start now. Pure bookkeeping: whoever drives it does the work, one thread at a
// time, and says what time it is.
//
// The smallest ids come first. What may be one command or a few for many datasets (marks, destroys,
// what became of streams) waits up to `linger` for the others of its kind on its host, but not when
// nothing else runs, nor when they are all there, nor when a stream waits for it. Snapshots of one
// pool and one name do so without a limit, so that they are one atomic command. Every step gets
// exactly one outcome.
class Schedule {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds linger{5};

  // `slots` per host, 1 where not named. The plan has no problem (problem_with) and outlives this.
  Schedule(const Plan&, const std::map<HostName, unsigned>& slots);

  // What to start now, taking its slots; none while everything waits for what runs, lingers, or is
  // settled.
  std::optional<Unit> next(Time now);
  // After next() had none: when it is to be asked again even if nothing has ended by then.
  std::optional<Time> ask_again_at() const;

  // A unit has ended, with an outcome for each of its steps (done, failed or interrupted): its
  // slots are free. Returns the steps that are skipped because of it.
  std::vector<event::StepEnded> finish(const Unit&, std::span<const event::StepEnded>, Time now);
  // Instead, of a stream: its slots are free, and it will be among the landings.
  void sent(const Unit&, Time now);

  // What was not started, and streams that were sent and not looked at; in order.
  struct Rest {
    std::vector<StepId> not_started, not_seen;
  };
  // Gives up on it: next() has nothing any more.
  Rest abandon();

  std::size_t running() const { return running_; }

 private:
  // A stream is `sent` until it was seen what became of it.
  enum class State { waiting, ready, running, sent, settled };

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
    std::size_t to_come = 0;  // not ready yet
    Time since{};             // when the first of `ready` was
  };
  using Queues = std::map<Lane, Queue>;
  // A step, or a stream as its sending end: what the edges run between.
  struct Vertex {
    State state = State::waiting;
    StepId receiver = 0;  // of a stream; 0 otherwise
    std::size_t waits_for = 0;
    std::vector<StepId> dependents;
    Queues::iterator queue;
    Queues::iterator landing;  // of a stream
  };

  Lane lane_of(const Step&) const;
  void add_vertices();
  void add_edges();
  bool has_slots(const Lane&) const;
  bool is_lingering(const Queues::value_type&, Time now) const;
  // Streams, or what would be company, wait for nothing else.
  bool holds_up_work(const Queue&) const;
  std::size_t batch_limit(const Lane&, const Queue&) const;
  Unit take(const Lane&, Queue&);
  void give_back(const Lane&);
  void ready(StepId, Queue&, Time now);
  void settle(StepId);
  void skip_dependents(StepId failed, std::vector<event::StepEnded>& skipped);
  bool is_vertex(StepId id) const { return vertex_of_[id] == id; }

  const Plan& plan_;
  std::map<HostName, std::size_t> free_;
  Queues queues_;
  std::vector<StepId> vertex_of_;  // by step id
  std::vector<Vertex> vertices_;   // by step id; only those that are their own vertex
  std::size_t running_ = 0;
};

}  // namespace zr
