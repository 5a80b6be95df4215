#include "lang/policy.h"

#include <algorithm>

namespace zr {

std::optional<DatasetName> Replication::target_of(const DatasetName& name) const {
  if (!sink_decides) return map.target(name);
  return map.takes(name) ? std::optional(name) : std::nullopt;
}

bool Sink::is_root(const DatasetName& dataset) const {
  return std::any_of(map.all().begin(), map.all().end(),
                     [&](const Rule& rule) { return rule.result == RuleResult(dataset); });
}

bool Sink::may_hold(const DatasetName& dataset) const {
  return std::any_of(map.all().begin(), map.all().end(), [&](const Rule& rule) {
    const auto* root = std::get_if<DatasetName>(&rule.result);
    if (root == nullptr) return false;
    return rule.pattern.subtree ? dataset.is_within(*root) : dataset == *root;
  });
}

bool Sink::grants(std::string_view property) const {
  return std::binary_search(properties.begin(), properties.end(), property);
}

const Host* Policy::find_host(const HostName& name) const {
  const auto found = std::lower_bound(hosts.begin(), hosts.end(), name,
                                      [](const Host& h, const HostName& n) { return h.name < n; });
  return found != hosts.end() && found->name == name ? &*found : nullptr;
}

bool Policy::acts_on(const JobId& job) const {
  return only.empty() || std::find(only.begin(), only.end(), job) != only.end();
}

std::vector<JobId> Policy::jobs() const {
  std::vector<JobId> ids;
  for (const Autosnap& job : autosnaps) ids.push_back(job.id);
  for (const Replication& job : replications) ids.push_back(job.id);
  for (const Prune& job : prunes) ids.push_back(job.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

const Rules* Policy::find_rules(std::string_view subject) const {
  const auto all = subjects();
  const auto found = all.find(subject);
  return found == all.end() ? nullptr : found->second;
}

std::vector<const Rules*> Policy::all_rules() const {
  std::vector<const Rules*> all;
  for (const Autosnap& job : autosnaps) all.push_back(&job.datasets);
  for (const Replication& job : replications) all.push_back(&job.map);
  for (const Prune& job : prunes) all.push_back(&job.datasets);
  for (const Protect& block : protects) all.push_back(&block.datasets);
  for (const Sink& sink : sinks) all.push_back(&sink.map);
  for (const PullAcl& acl : pull_acls) all.push_back(&acl.datasets);
  return all;
}

std::map<std::string, const Rules*, std::less<>> Policy::subjects() const {
  std::map<std::string, const Rules*, std::less<>> all;
  for (const Autosnap& job : autosnaps) all.emplace(job.id.str(), &job.datasets);
  for (const Replication& job : replications) all.emplace(job.id.str(), &job.map);
  for (const Prune& job : prunes) all.emplace(job.id.str(), &job.datasets);
  for (const Sink& sink : sinks) all.emplace(sink.name(), &sink.map);
  for (const PullAcl& acl : pull_acls) all.emplace(acl.name(), &acl.datasets);
  return all;
}

bool Policy::protects_snapshot(const HostName& host, const DatasetName& dataset,
                               std::string_view name) const {
  return std::any_of(protects.begin(), protects.end(), [&](const Protect& protect) {
    return protect.on == host && protect.datasets.takes(dataset) && protect.snapshots.takes(name);
  });
}

const Sink* Policy::floor_of(const HostName& host, const DatasetName& dataset) const {
  const Sink* highest = nullptr;
  for (const Sink& sink : sinks) {
    if (sink.on != host || !sink.keep_at_least) continue;
    if (highest != nullptr && *sink.keep_at_least <= *highest->keep_at_least) continue;
    if (sink.may_hold(dataset)) highest = &sink;
  }
  return highest;
}

}  // namespace zr
