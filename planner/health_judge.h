#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "planner/draft.h"
#include "planner/health.h"

namespace zr {

// The judging of a site's health, in passes of which each reads what those before it left. Internal
// to judge_health().
class HealthJudge {
 public:
  HealthJudge(const Policy&, const World&, Millis now);

  Health judge() &&;

 private:
  using Key = std::pair<HostName, DatasetName>;

  void judge_snapshots();
  void judge_snapshots(const Autosnap&, const FutureDataset&);
  void judge_pairs();
  void judge_pair(const Pair&, const FutureDataset& source);
  void judge_copy(const Pair&, const FutureDataset& source, const FutureDataset& target,
                  const std::set<std::size_t>& lag, std::size_t base);
  void judge_missing(const Pair&, const FutureDataset& source, const FutureDataset& target,
                     const std::set<std::size_t>& lag);
  void judge_base(const Pair&, const FutureDataset& source, std::size_t base);
  void judge_pairs_out_of_sight();
  void judge_retention();
  void judge_retention(const FutureDataset&);
  struct Overdue {
    std::size_t version;
    const Prune* prune;    // the first that wants it gone
    std::string reason;    // why no keep wants it
    std::string obstacle;  // what it stays for all the same; empty where that is not known
  };
  std::vector<Overdue> overdue(const FutureDataset&, std::chrono::seconds interval);
  static std::string further_obstacles(const std::vector<Overdue>&, const FutureDataset&);
  void tell_overdue(HealthVerdict&, const std::vector<Overdue>&, const FutureDataset&,
                    std::chrono::seconds interval) const;
  void describe_plan(const Plan&);
  void judge_hosts_and_conflicts(const Plan&);
  void judge_budgets(const Plan&);
  void describe_datasets();

  // When the prunes let go of a version, if they do before long.
  std::optional<std::chrono::seconds> doomed_in(const FutureDataset&, std::size_t version) const;

  // How old the newest of a source's snapshots that the job sends may be; none: nothing says so.
  std::optional<std::chrono::seconds> source_interval(const Pair&) const;
  // The same, or how often the job is run.
  std::chrono::seconds source_age(const Pair&) const;
  // How often the job is run.
  std::optional<std::chrono::seconds> run_interval(const Pair&) const;
  // Sets what a copy may be as old as.
  void promise(HealthVerdict&, const Pair&) const;
  // For how long the oldest of them has been there.
  std::chrono::seconds waiting(const FutureDataset& source, const std::set<std::size_t>& lag) const;
  // Keeps the verdict on a pair, and what is yet to be sent.
  void conclude(HealthVerdict, const Pair&, const FutureDataset& source,
                const std::set<std::size_t>& lag);

  std::chrono::seconds age_of(const Version&) const;  // not below 0, however clocks are
  HealthVerdict verdict(HealthAspect, const HostName&, const DatasetName&, const JobId&,
                        const Origin&) const;
  // The copy that a pair goes on with, which the plan may be about to rename; null: none is there.
  const Dataset* copy_of(const Pair&) const;
  // The dataset as the plan leaves it.
  const FutureDataset* planned(const FutureDataset& seen) const;

  const Policy& policy_;
  const Seconds now_;
  Draft seen_;     // what is there, and no plan
  Draft planned_;  // with all that the plan does
  // How old the newest of a dataset may be, and how often what brings it is run.
  struct Promise {
    std::chrono::seconds newest_age;
    std::chrono::seconds run_interval;
  };
  std::map<Key, Promise> promised_;
  // What replication that keeps its promise has yet to send, as keeps see it.
  std::map<Key, std::set<std::size_t>> awaited_;
  // What replication that does not has yet to send.
  std::map<Key, std::map<std::size_t, JobId>> late_;
  Health health_;
};

// What an age that great makes of the promise.
HealthStatus by_age(const HealthVerdict&, std::chrono::seconds age);

// "3h10m", "12d4h": the two largest units.
std::string rough_duration(std::chrono::seconds);

}  // namespace zr
