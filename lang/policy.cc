#include "lang/policy.h"

#include <algorithm>
#include <functional>

namespace zr {

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
  // All are sorted by what they are called.
  const auto in = [](const auto& all, auto rules, auto name, const auto& wanted) -> const Rules* {
    const auto found = std::lower_bound(
        all.begin(), all.end(), wanted,
        [&](const auto& one, const auto& other) { return std::invoke(name, one) < other; });
    return found != all.end() && std::invoke(name, *found) == wanted ? &((*found).*rules) : nullptr;
  };
  const std::size_t dot = std::min(subject.find('.'), subject.size());
  const std::string_view kind = subject.substr(0, dot);
  const std::string_view name = subject.substr(std::min(dot + 1, subject.size()));
  if (kind == "sink") return in(sinks, &Sink::map, &Sink::identity, name);
  if (kind == "pull_acl") return in(pull_acls, &PullAcl::datasets, &PullAcl::identity, name);
  const auto job = JobId::parse(subject);
  if (!job) return nullptr;
  switch (job->kind) {
    case JobKind::autosnap:
      return in(autosnaps, &Autosnap::datasets, &Autosnap::id, *job);
    case JobKind::push:
    case JobKind::pull:
      return in(replications, &Replication::map, &Replication::id, *job);
    case JobKind::prune:
      return in(prunes, &Prune::datasets, &Prune::id, *job);
  }
  return nullptr;
}

std::vector<std::string> Policy::subjects() const {
  std::vector<std::string> names;
  for (const JobId& id : jobs()) names.push_back(id.str());
  for (const PullAcl& acl : pull_acls) names.push_back("pull_acl." + acl.identity);
  for (const Sink& sink : sinks) names.push_back("sink." + sink.identity);
  std::sort(names.begin(), names.end());
  return names;
}

bool Policy::protects_snapshot(const HostName& host, const DatasetName& dataset,
                               std::string_view name) const {
  return std::any_of(protects.begin(), protects.end(), [&](const Protect& protect) {
    return protect.on == host && protect.datasets.takes(dataset) && protect.snapshots.takes(name);
  });
}

}  // namespace zr
