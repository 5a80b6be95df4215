#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "lang/fresh.h"
#include "lang/policy.h"
#include "lang/witness.h"

namespace zr {

// One dataset of a host, and every block that has to do with it. It stands for all datasets that
// the rules do not tell apart from it.
struct Region {
  HostName host;
  DatasetName dataset;
  std::vector<const Autosnap*> autosnaps;      // that snapshot it
  std::vector<const Prune*> prunes;            // that judge its snapshots
  std::vector<const Protect*> protects;        // that keep them all from being destroyed
  std::vector<const Replication*> departures;  // that send it somewhere
  std::vector<const Replication*> arrivals;    // that may write to it; perhaps more than do
};

// The datasets that the rules of a policy tell apart, host by host.
class Regions {
 public:
  explicit Regions(const Policy&);

  // Calls visit(region) for each. False when there are too many to see them all: then something
  // that was not seen may exist all the same.
  template <class Visit>
  bool each(Visit visit) const {
    Effort effort;
    for (const auto& [host, index] : hosts_) {
      for (const DatasetName& dataset : index.witnesses) {
        const Region region = at(host, index, dataset, effort);
        if (effort.is_spent()) return false;
        visit(region);
      }
    }
    return true;
  }

 private:
  struct Arrival {
    const Replication* job;
    bool subtree;
  };
  using Block =
      std::variant<const Autosnap*, const Prune*, const Protect*, const Replication*, Arrival>;
  struct Index {
    std::unordered_map<std::string, std::vector<Block>> by_dataset;
    std::vector<Block> everywhere;  // those with a `<` alone
    std::vector<DatasetName> witnesses;
  };

  void add(const HostName&, const Rules&, Block);
  void add(Index&, const Pattern&, Block);
  static Region at(const HostName&, const Index&, const DatasetName&, Effort&);

  Fresh fresh_;
  std::map<HostName, Index> hosts_;
};

}  // namespace zr
