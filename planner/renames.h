#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "planner/draft.h"

namespace zr {

// A pair whose target is not there although its source has a history, and the datasets on the
// target's host that have some of that history and are no other source's copy. Internal to
// planning.
struct Wanting {
  Pair pair;
  FutureDataset* source = nullptr;
  std::vector<FutureDataset*> former;  // at least one
};

// Who is whose copy, before anything but renames was planned.
class Copies {
 public:
  explicit Copies(Draft&);

  std::vector<Wanting> wanting() const;  // by target, job and source
  // The source that a dataset is the copy of, and would be no more under another name; null: none.
  const FutureDataset* source_of(const FutureDataset& copy) const;

 private:
  struct Incoming {
    const Replication* job;
    FutureDataset* source;
  };
  using Key = std::pair<HostName, DatasetName>;

  void add_pairs(const Replication&);
  bool is_wanting(const Key& target) const;
  void find_former(std::vector<Wanting>&) const;
  bool may_take(const Wanting&, const FutureDataset&) const;
  bool is_of_another_job(const Replication&, const FutureDataset&) const;
  bool is_promoted(const FutureDataset& clone, const FutureDataset& origin) const;

  Draft& draft_;
  std::map<Key, std::vector<Incoming>> incoming_;
};

}  // namespace zr
