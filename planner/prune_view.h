#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lang/policy.h"
#include "planner/future.h"
#include "planner/retention.h"

namespace zr {

// A snapshot that at least one prune wants destroyed and none keeps.
struct Doomed {
  std::size_t version;
  const Prune* prune;  // the first that wants it
  std::string reason;
};

// Whether the snapshots that this plan brings count.
enum class Scope { observed, planned };

// How the policy's prunes see one dataset. Internal to planning and `why`.
class PruneView {
 public:
  PruneView(const Policy&, const FutureDataset&);

  // Those that take the dataset and are acted on decide; the others' keeps count all the same.
  const std::vector<const Prune*>& prunes() const { return prunes_; }
  // The snapshots that a prune matches, oldest first.
  std::vector<std::size_t> matching(const Prune&, Scope = Scope::planned) const;
  // One for each of these.
  std::vector<Verdict> verdicts(const Prune&, const std::vector<std::size_t>& matching, Seconds now,
                                Explain = Explain::destroys) const;
  // Their places in `matching`, by keep.
  std::vector<Buckets> buckets(const Prune&, const std::vector<std::size_t>& matching,
                               Seconds now) const;

  std::vector<Doomed> doomed(Seconds now, Scope = Scope::planned) const;
  // The sink whose `keep_at_least` keeps the snapshot from every prune, or null.
  const Sink* floor_under(std::size_t version) const;

  // The clock may be behind a snapshot by so much: clocks of hosts differ.
  static constexpr std::chrono::minutes clock_tolerance{5};

  // What keeps a doomed snapshot here all the same: empty for nothing, `silent` for what goes
  // without saying, and otherwise words.
  static constexpr const char* silent = "the newest of its kind";
  std::string obstacle(std::size_t version, Seconds now) const;

 private:
  std::vector<Candidate> candidates(const std::vector<std::size_t>& matching) const;
  // For who doubts the clock: ages are nothing to go by while it is behind what is there.
  std::string clock_obstacle(Seconds now) const;
  bool newest_of_an_autosnap(std::size_t version) const;
  // The newest, as many as the sink wants.
  std::vector<std::size_t> floor(const Sink&, Scope) const;

  const Policy& policy_;
  const FutureDataset& dataset_;
  std::vector<const Prune*> prunes_;
  std::optional<std::pair<Seconds, std::string>> latest_;  // by its creation, if there are prunes
};

}  // namespace zr
