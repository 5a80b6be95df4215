#include "executor/sim/sim_state.h"

#include <algorithm>
#include <limits>

namespace zr {
namespace {

// splitmix64's finalizer: every bit of the input moves every bit of the output.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::uint64_t mix(std::uint64_t seed, std::string_view text) {
  for (const char c : text) seed = mix(seed ^ static_cast<unsigned char>(c));
  return mix(seed ^ text.size());
}

std::uint64_t newest_txg(const Inventory& host, std::string_view pool) {
  std::uint64_t newest = 0;
  for (const Dataset& d : host.datasets) {
    if (d.name.pool() != pool || d.versions.empty()) continue;
    newest = std::max(newest, d.versions.back().createtxg.value);
  }
  return newest;
}

}  // namespace

CreateTxg SimNumbers::next_txg(const HostName& host, std::string_view pool, const World& world) {
  Pool& p = pools_[{host, std::string(pool)}];
  if (!p.looked_at) {
    const auto it = world.hosts.find(host);
    if (it != world.hosts.end()) p.last_txg = std::max(p.last_txg, newest_txg(it->second, pool));
    p.looked_at = true;
  }
  if (p.last_txg != std::numeric_limits<std::uint64_t>::max()) ++p.last_txg;
  return CreateTxg(p.last_txg);
}

Guid SimNumbers::fresh_guid(const HostName& host, std::string_view what, CreateTxg txg, Seconds now,
                            const World& world) {
  if (!guids_known_) learn(world);
  std::uint64_t guid = mix(mix(0, host.value), what);
  guid = mix(guid ^ txg.value);
  guid = mix(guid ^ static_cast<std::uint64_t>(now.time_since_epoch().count()));
  while (guid == 0 || !guids_.insert(guid).second) guid = mix(guid);
  return Guid(guid);
}

void SimNumbers::world_changed() {
  for (auto& [name, pool] : pools_) pool.looked_at = false;
  guids_known_ = false;
}

void SimNumbers::learn(const World& world) {
  for (const auto& [name, host] : world.hosts) {
    for (const Dataset& d : host.datasets) {
      guids_.insert(d.guid.value);
      for (const Version& v : d.versions) guids_.insert(v.guid.value);
    }
  }
  guids_known_ = true;
}

}  // namespace zr
