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
    for (const auto& [host, datasets] : draft.future.hosts()) {
      for (const auto& [name, dataset] : datasets) {
        if (dataset.exists) reach({host, name});
      }
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
      const auto target = job.target_of(source.second);
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
        order_.push_back(nodes_.at(key));
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
    for (const Pair& pair : nodes_.at(key).incoming) {
      out.emplace_back(pair.job->from, pair.source);
      if (auto origin = origin_target(pair)) out.emplace_back(pair.job->to, *std::move(origin));
    }
    return out;
  }

  // What a dataset is a clone of, or will be: one that is itself received in this plan has its
  // origin from where it comes.
  std::optional<DatasetName> origin_of(const Key& key) const {
    const FutureDataset* dataset = draft_.future.find(key.first, key.second);
    if (dataset && dataset->exists) return origin_dataset(draft_.future, *dataset);
    const auto node = nodes_.find(key);
    if (node == nodes_.end() || node->second.incoming.size() != 1) return {};
    return origin_target(node->second.incoming.front());
  }

  // Where the origin of a clone goes: the clone may be sent as one.
  std::optional<DatasetName> origin_target(const Pair& pair) const {
    const auto origin = origin_of({pair.job->from, pair.source});
    auto target = origin ? pair.job->target_of(*origin) : std::nullopt;
    if (!target || !nodes_.contains({pair.job->to, *target})) return {};
    return target;
  }

  const Draft& draft_;
  std::map<Key, Node> nodes_;
  std::vector<Key> fresh_;
  std::set<Key> visited_;
  std::vector<Node> order_;
};

}  // namespace

bool may_be_target(const Replication& job, const DatasetName& name) {
  if (job.sink_decides) return job.map.takes(name);
  return std::any_of(job.map.all().begin(), job.map.all().end(), [&](const Rule& rule) {
    const auto* root = std::get_if<DatasetName>(&rule.result);
    if (!root || !name.is_within(*root)) return false;
    const std::string_view below = name.below(*root);
    if (!rule.pattern.dataset) return true;  // `<`: any pool may be the one
    if (!rule.pattern.subtree && !below.empty()) return false;
    return job.map.target(rule.pattern.dataset->append(below)) == name;
  });
}

std::vector<Node> nodes_in_order(const Draft& draft) { return Topology(draft).ordered(); }

}  // namespace zr
