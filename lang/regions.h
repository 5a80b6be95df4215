#pragma once

#include <map>
#include <string_view>
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
  std::vector<const PullAcl*> pull_acls;       // that let a client pull it
  // A replication or a sink's client may write to it; said perhaps of more than they do.
  bool may_arrive = false;
};

// The datasets that the rules of a policy tell apart, host by host.
class Regions {
 public:
  explicit Regions(const Policy&);

  // Calls visit(region) for each; the region changes after that. False when there are too many to
  // see them all: then something that was not seen may exist all the same.
  template <class Visit>
  bool each(Visit visit) const {
    Effort effort;
    Region region{{}, fresh_.pool, {}, {}, {}, {}, {}, false};
    for (const auto& host : hosts_) {
      const Index& index = host.second;
      region.host = host.first;
      const auto see = [&](DatasetName dataset) {
        if (dataset.str().size() > max_zfs_name_bytes) return true;
        region.dataset = std::move(dataset);
        look(index, region, effort);
        if (effort.is_spent()) return false;
        visit(region);
        return true;
      };
      for (const auto* entry : index.in_order) {
        if (!see(entry->first)) return false;
        if (entry->second.subtree && !see(entry->first.append(fresh_.component()))) return false;
      }
    }
    return true;
  }

 private:
  struct Arrival {
    bool subtree;
  };
  using Block = std::variant<const Autosnap*, const Prune*, const Protect*, const Replication*,
                             const PullAcl*, Arrival>;
  struct Entry {
    std::vector<Block> blocks;
    bool subtree = false;  // some pattern takes what is below
  };
  struct Hash {  // finds by std::string_view, so that walking up a name copies nothing
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
    std::size_t operator()(const DatasetName& name) const { return (*this)(name.str()); }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const DatasetName& a, const DatasetName& b) const { return a == b; }
    bool operator()(std::string_view a, const DatasetName& b) const { return a == b.str(); }
    bool operator()(const DatasetName& a, std::string_view b) const { return a.str() == b; }
  };
  struct Index {
    std::unordered_map<DatasetName, Entry, Hash, Same> by_dataset;
    std::vector<const std::pair<const DatasetName, Entry>*> in_order;  // as they were added
    std::vector<Block> everywhere;                                     // those with a `<` alone
  };

  void add(const HostName&, const Rules&, Block);
  void add_targets(const HostName&, const Rules& map);
  void add(Index&, const Pattern&, Block);
  static void look(const Index&, Region&, Effort&);

  Fresh fresh_;
  std::map<HostName, Index> hosts_;
};

}  // namespace zr
