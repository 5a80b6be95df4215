#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "lang/fresh.h"
#include "lang/policy.h"
#include "lang/witness.h"

namespace zr {

// A block that takes a dataset, and the rule of it that decides that.
template <class T>
struct Taker {
  const T* block = nullptr;
  const Rule* rule = nullptr;

  const T* operator->() const { return block; }
};

// One dataset of a host, and every block that has to do with it. It stands for all datasets that
// the rules do not tell apart from it.
struct Region {
  HostName host;
  DatasetName dataset;
  std::vector<Taker<Autosnap>> autosnaps;      // that snapshot it
  std::vector<Taker<Prune>> prunes;            // that judge its snapshots
  std::vector<Taker<Protect>> protects;        // that keep them all from being destroyed
  std::vector<Taker<Replication>> departures;  // that send it somewhere
  std::vector<Taker<PullAcl>> pull_acls;       // that let a client pull it
  // A replication or a sink's client may write to it; said perhaps of more than they do.
  bool may_arrive = false;
};

// The datasets that the rules of a policy tell apart, host by host. Refers to the policy.
class Regions {
 public:
  explicit Regions(const Policy&);
  // Not copied: names are looked up by views of what is in it.
  Regions(const Regions&) = delete;
  Regions& operator=(const Regions&) = delete;

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
      for (const Entry& entry : index.entries) {
        if (!see(*entry.dataset)) return false;
        if (entry.subtree && !see(entry.dataset->append(fresh_.component()))) return false;
      }
    }
    return true;
  }

 private:
  struct Arrival {};
  using Block = std::variant<const Autosnap*, const Prune*, const Protect*, const Replication*,
                             const PullAcl*, Arrival>;
  // A rule about a dataset, in the list of all about it.
  struct Mention {
    Block block;
    const Rule* rule = nullptr;
    std::uint32_t next = UINT32_MAX;  // in `mentions`, if there is one
  };
  struct Entry {
    const DatasetName* dataset = nullptr;
    std::uint32_t first = UINT32_MAX;  // in `mentions`, if there is one
    bool subtree = false;              // some pattern takes what is below
  };
  struct Index {
    std::unordered_map<std::string_view, std::uint32_t> by_name;  // in `entries`
    std::vector<Entry> entries;                                   // as they were added
    std::vector<Mention> mentions;
    std::vector<Mention> everywhere;  // of a `<` alone
  };

  void add(const HostName&, const Rules&, Block);
  void add_targets(const HostName&, const Rules& map);
  static void add(Index&, const DatasetName&, Mention);
  static Entry& entry(Index&, const DatasetName&);
  static void look(const Index&, Region&, Effort&);

  Fresh fresh_;
  std::map<HostName, Index> hosts_;
};

}  // namespace zr
