#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "executor/daemon_status.h"
#include "executor/exit_status.h"
#include "lang/policy.h"
#include "planner/territory.h"
#include "planner/timetable.h"

namespace zr {

// What a daemon has to know when it begins again.
struct DaemonMemory {
  std::map<JobId, Seconds> last;  // when the turn that the job leads last began
  std::set<JobId> paused;

  bool operator==(const DaemonMemory&) const = default;
};

// Who asked for a run; the same for all that one run answers.
using Ticket = std::uint64_t;

// Decides which jobs begin when: each turn once in its slot, never beside itself or another that
// touches the same datasets. What waits for another goes first when that ends. Only decides; it
// starts nothing, knows no clock, and is used by one thread.
class Dispatcher {
 public:
  Dispatcher(Policy, DaemonMemory);

  struct Start {
    std::uint64_t run;
    JobId name;               // who it is for: a turn's leader, or the job that was asked for
    std::vector<JobId> jobs;  // sorted
    bool tidies = false;      // also what belongs to no job: once for a policy
    std::optional<std::string> allow_budget = {};  // what who asked for it said
  };
  // What begins now. All of it counts as running until ended().
  std::vector<Start> begin(Seconds now);
  // When to call begin() again where nothing else happens until then; none: no job is left that
  // time alone makes due. `now` is that of the last begin(), or what came due since is missed.
  std::optional<Seconds> next(Seconds now) const;

  // The tickets of those who wait for this run.
  std::set<Ticket> ended(std::uint64_t run, ExitStatus, Seconds now);

  // A run of the job as soon as can be, whether it is due or paused or not: of a turn's leader with
  // what follows it. One that is running now is not meant. None: there is no such job.
  // The budget's hash, if any, is the last that somebody named.
  std::optional<Ticket> wake(const JobId&, std::optional<std::string> allow_budget = {});
  // False: there is no such job.
  bool pause(const JobId&);
  bool resume(const JobId&);

  // From now on this is the policy. What runs, runs on. Gives the tickets of jobs that are gone.
  std::set<Ticket> adopt(Policy);

  bool is_idle() const { return running_.empty(); }
  const Policy& policy() const { return policy_; }
  const std::vector<Turn>& turns() const { return turns_; }
  const DaemonMemory& memory() const { return memory_; }
  std::vector<JobState> states(Seconds now) const;  // sorted by job

 private:
  struct Running {
    JobId name;
    std::vector<JobId> jobs;
    Territory territory;
    std::set<Ticket> tickets;
    Seconds began;
  };
  struct Request {
    Ticket ticket;
    JobId job;
    std::optional<std::string> allow_budget;
  };
  struct Past {
    Seconds began, ended;
    ExitStatus status;
  };
  struct Wish;

  void learn_policy();
  bool knows(const JobId&) const;
  const Turn* led_by(const JobId&) const;
  std::optional<Seconds> last_of(const Turn&) const;
  Seconds due_of(const Turn&, Seconds now) const;
  std::vector<JobId> unpaused(const std::vector<JobId>&) const;
  std::vector<Wish> wishes(Seconds now) const;
  bool may_begin(const Wish&, const Territory& before) const;
  Start start(const Wish&, Seconds now);

  Policy policy_;
  std::vector<Turn> turns_;             // sorted by leader
  std::vector<Territory> territories_;  // of each of them
  std::vector<JobId> jobs_;             // sorted
  DaemonMemory memory_;
  std::vector<Request> requests_;  // in the order in which they came
  std::map<std::uint64_t, Running> running_;
  std::map<JobId, Past> past_;
  std::uint64_t runs_ = 0;
  Ticket tickets_ = 0;
  bool has_tidied_ = false;
};

}  // namespace zr
