#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lang/policy.h"
#include "planner/future.h"
#include "planner/marks.h"
#include "planner/plan.h"

namespace zr {

// Where the history of a source is, whose target is not there, and why it stays there.
struct FormerTargets {
  std::vector<FutureDataset*> datasets;  // at least one
  std::string message;
  std::string help;
};

// A plan in the making: the steps so far and the world as they leave it. Internal to planning;
// each pass of make_plan reads and extends it.
class Draft {
 public:
  Draft(const Policy&, const World&, Millis now);

  const Policy& policy;
  const World& world;
  const Millis now;
  Future future;
  // By job and source: pairs that are in conflict for it.
  std::map<std::pair<JobId, DatasetName>, FormerTargets> former_targets;

  // What wants a step: a job with its place in the policy, or nothing for the tidying up.
  struct Cause {
    std::optional<JobId> job;
    Origin origin;
  };

  StepRef add(const Cause&, const HostName&, Action, std::string reason,
              std::vector<StepRef> after);
  void order(StepRef later, StepRef earlier);
  const Step& step(StepRef ref) const { return steps_[ref].step; }  // not numbered yet
  const Action& action(StepRef ref) const { return steps_[ref].step.action; }
  bool starts_at_once(StepRef ref) const;  // once the renames are done
  const HostName& host(StepRef ref) const { return steps_[ref].step.host; }
  const std::optional<JobId>& job(StepRef ref) const { return steps_[ref].step.job; }
  std::size_t size() const { return steps_.size(); }

  // Whether the mark is of a job that this site no longer has, so that this plan cleans it up.
  bool tidies(const SiteName&, const JobId&) const;

  void conflict(Conflict c) { plan_.conflicts.push_back(std::move(c)); }
  void block(Blocked b) { plan_.blocked.push_back(std::move(b)); }
  void note(std::string text) { plan_.notes.push_back(std::move(text)); }

  VersionRef ref(const FutureDataset&, std::size_t version) const;

  // The finished plan: steps numbered so that each comes after what it waits for, and held against
  // the site's limits.
  Plan finish() &&;

 private:
  struct Drafted {
    Step step;
    std::vector<StepRef> after;
  };
  std::vector<StepRef> sequence() const;

  std::vector<Drafted> steps_;
  Plan plan_;
};

// A source dataset and where a replication sends it.
struct Pair {
  const Replication* job = nullptr;
  DatasetName source;
  DatasetName target;

  bool operator==(const Pair&) const = default;
};

// The passes, in the order in which make_plan runs them. Each is a file of its own.

// Every pair whose source exists or will, sorted so that a dataset that is both target and source
// is dealt with as a target first; and where no further pair comes in, the datasets to snapshot.
struct Node {
  HostName host;
  DatasetName dataset;
  std::vector<Pair> incoming;  // the pairs that have it as target, by job
};
std::vector<Node> nodes_in_order(const Draft&);

void plan_all(Draft&);  // all of the following, in this order

void plan_unreachable(Draft&);
void plan_renames(Draft&);  // gives what it can its source's name, and fills in former_targets
// Pairs with an end on a host that can't be reached: nothing that may be their base goes.
void pin_for_unreachable(Draft&);
void plan_incoming(Draft&, const Node&);
void plan_snapshots(Draft&, const Node&);
void order_snapshots(Draft&);    // two prefixes on one pool: one after the other
void await_unreachable(Draft&);  // a target that can't be reached has nothing yet
void plan_tidying(Draft&);
void plan_destroys(Draft&);
void note_odd_clocks(Draft&);

// Placeholders for the missing ancestors; the nearest that is there can have something below it.
void make_placeholders(Draft&, const Draft::Cause&, const HostName&, const DatasetName& below);
// What the dataset is a clone of, under the name that it will have.
std::optional<DatasetName> origin_dataset(const Future&, const FutureDataset& clone);
// Why a version stays while the host at the job's other end is away.
std::string may_be_the_base(const Replication&, const HostName& away);
// Whether some dataset of the job's source, there or not, would go to this one.
bool may_be_target(const Replication&, const DatasetName&);

}  // namespace zr
