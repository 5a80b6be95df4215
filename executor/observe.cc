#include "executor/observe.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace zr {
namespace {

// A fleet is listed this many hosts at a time.
constexpr std::size_t max_threads = 32;

class RootSet {
 public:
  // What a rule makes this program look at on the host that its pattern speaks of.
  void add_sources(const Rules& rules) {
    for (const Rule& rule : rules.all()) {
      if (std::holds_alternative<Omit>(rule.result)) continue;
      if (!rule.pattern.dataset) {
        roots_.everything = true;
      } else {
        (rule.pattern.subtree ? roots_.trees : roots_.alone).push_back(*rule.pattern.dataset);
      }
    }
  }

  // What may be received into, and the way there: a missing ancestor becomes a placeholder, and a
  // missing pool a conflict.
  void add_targets(const Replication& job) {
    if (job.sink_decides) add_sources(job.map);
    for (const Rule& rule : job.map.all()) {
      const auto* target = std::get_if<DatasetName>(&rule.result);
      // A sink has the names that its client has.
      if (job.sink_decides && rule.pattern.dataset) target = &*rule.pattern.dataset;
      if (!target || std::holds_alternative<Omit>(rule.result)) continue;
      if (!job.sink_decides) roots_.trees.push_back(*target);
      for (auto up = target->parent(); up; up = up->parent()) roots_.above.push_back(*up);
    }
  }

  Roots minimal() && { return zr::minimal(roots_); }

 private:
  Roots roots_;
};

Result<Inventory> look_at(const Policy& policy, const HostName& host, const Connect& connect) {
  const Roots roots = roots_of(policy, host);
  // No job looks at it, so it need not be there.
  if (is_empty(roots)) return Inventory{};
  auto zfs = connect(host);
  if (!zfs) return zfs.error();
  return (*zfs)->list(roots);
}

}  // namespace

Roots roots_of(const Policy& policy, const HostName& host) {
  RootSet roots;
  for (const Autosnap& job : policy.autosnaps) {
    if (job.on == host) roots.add_sources(job.datasets);
  }
  for (const Replication& job : policy.replications) {
    if (job.from == host) roots.add_sources(job.map);
    if (job.to == host) roots.add_targets(job);
  }
  for (const Prune& job : policy.prunes) {
    if (job.on == host) roots.add_sources(job.datasets);
  }
  for (const Protect& protect : policy.protects) {
    if (protect.on == host) roots.add_sources(protect.datasets);
  }
  return std::move(roots).minimal();
}

Result<World> observe(const Policy& policy, const Connect& connect, std::stop_token stop) {
  World world;
  world.observed_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::mutex mutex;  // guards world
  std::atomic<std::size_t> next = 0;
  const auto look = [&] {
    for (std::size_t i = next++; i < policy.hosts.size() && !stop.stop_requested(); i = next++) {
      const HostName& name = policy.hosts[i].name;
      auto inventory = look_at(policy, name, connect);
      const std::lock_guard lock(mutex);
      if (inventory) {
        world.hosts.emplace(name, *std::move(inventory));
      } else {
        world.unreachable.emplace(name, inventory.error().message);
      }
    }
  };
  {
    // This thread looks too, so that a system that has no threads left is only slower.
    std::vector<std::jthread> others;
    try {
      while (others.size() + 1 < std::min(policy.hosts.size(), max_threads)) {
        others.emplace_back(look);
      }
    } catch (const std::system_error&) {
    }
    look();
  }
  if (stop.stop_requested())
    return Error{Remedy::give_up, "interrupted while looking at the hosts"};
  return world;
}

}  // namespace zr
