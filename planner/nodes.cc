// Which datasets are targets of which, and in what order they are dealt with.
#include <algorithm>
#include <map>
#include <set>

#include "planner/draft.h"

namespace zr {
namespace {

using Key = std::pair<HostName, DatasetName>;

class Topology {
 public:
  explicit Topology(const Draft& draft) : draft_(draft) {
    for (const auto& [host, inventory] : draft.world.hosts) {
      if (!draft.future.reachable(host)) continue;
      for (const Dataset& dataset : inventory.datasets) reach({host, dataset.name});
    }
    while (!fresh_.empty()) {
      const Key key = fresh_.back();
      fresh_.pop_back();
      follow(key);
    }
    for (auto& [key, node] : nodes_) sort_pairs(node);
  }

  std::vector<Node> ordered() {
    for (const auto& [key, node] : nodes_) visit(key);
    return std::move(order_);
  }

 private:
  void reach(const Key& key) {
    if (nodes_.try_emplace(key, Node{key.first, key.second, {}}).second) fresh_.push_back(key);
  }

  // The pairs that start here. A name that ZFS could not hold goes no further: the pair that leads
  // there is in conflict.
  void follow(const Key& source) {
    if (source.second.str().size() > max_zfs_name_bytes) return;
    for (const Replication& job : draft_.policy.replications) {
      if (job.from != source.first || !draft_.future.reachable(job.to)) continue;
      const auto target = job.map.target(source.second);
      if (!target || Key{job.to, *target} == source) continue;
      reach({job.to, *target});
      nodes_.at({job.to, *target}).incoming.push_back({&job, source.second, *target});
    }
  }

  static void sort_pairs(Node& node) {
    std::sort(node.incoming.begin(), node.incoming.end(), [](const Pair& a, const Pair& b) {
      return std::tie(a.job->id, a.source) < std::tie(b.job->id, b.source);
    });
  }

  // Depth first: the sources of a target before it, and its ancestors, which it may need to be
  // received first. An edge back to a node that is being visited is ignored: replication loops do
  // not pass the compiler, and an ancestor that comes later finds a placeholder.
  void visit(const Key& start) {
    std::vector<std::pair<Key, bool>> stack{{start, false}};
    while (!stack.empty()) {
      auto [key, entered] = stack.back();
      stack.pop_back();
      if (entered) {
        order_.push_back(std::move(nodes_.at(key)));
        continue;
      }
      if (!visited_.insert(key).second) continue;
      stack.emplace_back(key, true);
      for (const Key& earlier : before(key)) {
        if (!visited_.contains(earlier)) stack.emplace_back(earlier, false);
      }
    }
  }

  std::vector<Key> before(const Key& key) const {
    std::vector<Key> out;
    for (auto up = key.second.parent(); up; up = up->parent()) {
      if (nodes_.contains({key.first, *up})) {
        out.emplace_back(key.first, *up);
        break;
      }
    }
    for (const Pair& pair : nodes_.at(key).incoming) out.emplace_back(pair.job->from, pair.source);
    return out;
  }

  const Draft& draft_;
  std::map<Key, Node> nodes_;
  std::vector<Key> fresh_;
  std::set<Key> visited_;
  std::vector<Node> order_;
};

}  // namespace

std::vector<Node> nodes_in_order(const Draft& draft) { return Topology(draft).ordered(); }

}  // namespace zr
