#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "planner/world.h"

namespace zr {

// Numbers that ZFS gives out. Guids are a function of what they are given for, so that a rehearsal
// can be repeated, and differ from every guid that the world holds.
class SimNumbers {
 public:
  // Of a new transaction group of a pool: greater than all that the pool shows, and than all that
  // were given out before.
  CreateTxg next_txg(const HostName&, std::string_view pool, const World&);
  Guid fresh_guid(const HostName&, std::string_view what, CreateTxg, Seconds now, const World&);
  // The world is another one than before. What was given out stays given out.
  void world_changed();

 private:
  void learn(const World&);

  struct Pool {
    std::uint64_t last_txg = 0;
    bool looked_at = false;
  };
  std::map<std::pair<HostName, std::string>, Pool> pools_;
  std::unordered_set<std::uint64_t> guids_;
  bool guids_known_ = false;
};

// What streams are using right now, which ZFS guards against other commands.
struct SimUse {
  struct Snapshot {
    HostName host;
    DatasetName dataset;
    Guid guid;
    auto operator<=>(const Snapshot&) const = default;
  };
  std::multiset<Snapshot> sending;
  std::set<std::pair<HostName, DatasetName>> receiving;
};

// All simulated hosts of one file: the world, and what lives only as long as the process does.
struct SimState {
  World world;
  SimNumbers numbers;
  SimUse use;
  bool touched = false;  // the world was changed and is to be written
};

// One host at one moment, as an operation sees it.
struct SimHost {
  SimState& state;
  HostName name;
  Seconds now;

  Inventory& pools() const { return state.world.hosts.at(name); }
  Dataset* find(const DatasetName& n) const {
    const auto it = state.world.hosts.find(name);
    return it == state.world.hosts.end() ? nullptr : it->second.find(n);
  }
  CreateTxg next_txg(const DatasetName& n) const {
    return state.numbers.next_txg(name, n.pool(), state.world);
  }
};

}  // namespace zr
