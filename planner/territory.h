#pragma once

#include <map>
#include <set>
#include <vector>

#include "lang/policy.h"

namespace zr {

// Where jobs may change something, by their rules alone: datasets with all that is below them, and
// some alone. For who wants to run jobs beside each other: those whose territories do not meet
// touch no dataset both.
class Territory {
 public:
  Territory() = default;
  // All that the jobs may change.
  Territory(const Policy&, const std::vector<JobId>&);

  // Of one job what it works with: what it takes snapshots of, sends from or prunes.
  static Territory read_by(const Autosnap& job) { return of(job.on, job.datasets); }
  static Territory read_by(const Replication& job) { return of(job.from, job.map); }
  static Territory read_by(const Prune& job) { return of(job.on, job.datasets); }
  // And where it makes snapshots.
  static Territory made_by(const Autosnap& job) { return read_by(job); }
  static Territory made_by(const Replication&);
  static Territory made_by(const Prune&) { return {}; }

  void add(const Territory&);
  bool meets(const Territory&) const;

 private:
  struct Ground {
    bool everything = false;
    std::set<DatasetName> trees;  // these and what is below them
    std::set<DatasetName> all;    // the trees, and those that are meant alone
  };
  static bool reaches(const Ground& trees_of, const Ground& other);
  static Territory of(const HostName&, const Rules& patterns);
  static void add(const Rules& patterns, Ground&);

  std::map<HostName, Ground> hosts_;
};

}  // namespace zr
