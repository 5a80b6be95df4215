#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lang/findings.h"
#include "lang/orbit.h"
#include "lang/regions.h"

namespace zr {

// The findings about blocks that have to do with the same datasets. Each sees every region once,
// and then, when all were seen, may say what none of them has.

// Two autosnaps on one dataset of which one takes the other's snapshots for its own.
class AutosnapMeetings {
 public:
  explicit AutosnapMeetings(Findings& findings) : findings_(findings) {}
  void see(const Region&);

 private:
  void report(const Autosnap& shorter, const Autosnap& longer, const Region&);

  Findings& findings_;
  std::set<std::pair<JobId, JobId>> told_;
};

// Two prunes that judge one snapshot.
class PruneMeetings {
 public:
  PruneMeetings(const Policy&, Findings&);
  void see(const Region&);

 private:
  Findings& findings_;
  std::vector<std::string> prefixes_;
  std::set<std::pair<const Prune*, const Prune*>> compared_;
};

// Prunes that protects leave nothing to.
class ProtectedPrunes {
 public:
  explicit ProtectedPrunes(Findings& findings) : findings_(findings) {}
  void see(const Region&);
  void finish();

 private:
  Findings& findings_;
  std::map<const Prune*, const Protect*> protected_by_;  // seen only where one is
  std::unordered_set<const Prune*> free_;                // seen where none is
};

// Rules about datasets that no autosnap takes snapshots of, and that nothing is sent to.
class NeverSnapshotted {
 public:
  NeverSnapshotted(const Policy&, Findings&);
  void see(const Region&);
  void finish();

 private:
  // Of a rule, once a dataset was seen that it decides.
  struct Use {
    std::optional<DatasetName> unfed;  // the first
    bool fed = false;
  };
  struct Job {
    JobId id;
    HostName host;
    const SnapshotFilter* snapshots = nullptr;
    Span span;
    std::string_view verb;  // "sends", "judges"
    const Rules* rules = nullptr;
    std::vector<Use> uses;    // of each of the rules
    bool is_foreign = false;  // means snapshots that no autosnap makes
  };
  void see(const void* job, const Rule*, const Region&);
  void add(const void* job, Job);
  void report(const Job&);
  void report_foreign(const Job&);

  Findings& findings_;
  std::map<std::string, JobId> prefixes_;  // of the autosnaps
  std::unordered_map<const void*, std::size_t> by_address_;
  std::vector<Job> jobs_;
};

// What a prune leaves of the snapshots of an autosnap, where it alone decides.
class PruneOrbits {
 public:
  PruneOrbits(const Policy&, Findings&);
  void see(const Region&);
  void finish(bool complete);

 private:
  struct Feed {
    const Autosnap* autosnap = nullptr;
    DatasetName dataset;
    bool is_sent = false;  // wherever it was seen: a short life may be all that is wanted of it
  };
  struct Fed {
    const Prune* prune = nullptr;
    std::vector<Feed> feeds;
    bool mixed = false;  // somewhere something else has a say, too
  };
  // A group of a grid, by where it is written. A `retention` may be shared, and a template
  // expanded: what is said of a group has to be so in all of its uses.
  using Place = std::pair<SourceId, std::uint32_t>;
  struct Saying {
    std::size_t times = 0;
    Diagnostic first;
  };

  void add(Fed&, const Region&);
  void say(const Prune&, const Keep&, std::size_t group, Diagnostic);
  void short_lived(const Prune&, const Feed&, const std::vector<Keep>&);
  void idle_groups(const Prune&, const std::vector<Feed>&, const std::vector<Keep>&);
  bool is_idle(const std::vector<Keep>&, std::size_t keep, std::size_t group,
               const std::vector<Feed>&);
  void counts_out_of_reach(const Prune&, const std::vector<Feed>&);

  Findings& findings_;
  std::vector<Fed> prunes_;  // in the order of the policy
  std::unordered_map<const Prune*, std::size_t> by_address_;
  Effort effort_;
  std::map<Place, std::size_t> uses_;  // of keeps
  std::map<std::tuple<Place, std::size_t, std::string>, Saying> sayings_;
  OrbitBudget budget_;
  std::map<std::string, std::optional<SteadyState>> known_;  // by keeps and `every`
};

}  // namespace zr
