#include "lang/witness.h"

#include <algorithm>
#include <set>

namespace zr {
namespace {

constexpr std::string_view fresh_stem = "any";
constexpr std::size_t max_followed_bytes = 1024;

void collect(const Rules& rules, std::set<std::string, std::less<>>& components) {
  for (const Rule& rule : rules.all()) {
    if (!rule.pattern.dataset) continue;
    const std::string_view name = rule.pattern.dataset->str();
    for (std::size_t begin = 0; begin < name.size();) {
      const std::size_t end = std::min(name.find('/', begin), name.size());
      const std::string_view component = name.substr(begin, end - begin);
      if (component.substr(0, fresh_stem.size()) == fresh_stem) components.emplace(component);
      begin = end + 1;
    }
  }
}

}  // namespace

Witnesses::Witnesses(const Policy& policy) : fresh_(fresh_stem) {
  std::set<std::string, std::less<>> components;
  for (const Replication& job : policy.replications) collect(job.map, components);
  for (const Prune& job : policy.prunes) collect(job.datasets, components);
  for (std::size_t n = 1; components.count(fresh_) > 0; ++n) {
    fresh_ = std::string(fresh_stem) + std::to_string(n);
  }
}

std::vector<DatasetName> Witnesses::of(const Rule& rule) const {
  const DatasetName base =
      rule.pattern.dataset ? *rule.pattern.dataset : *DatasetName::parse(fresh_);
  if (!rule.pattern.subtree) return {base};
  return {base, base.append(fresh_)};
}

Routes::Routes(const Policy& policy) {
  for (const Replication& job : policy.replications) {
    Index& index = hosts_[job.from];
    for (const Rule& rule : job.map.all()) {
      auto& jobs = rule.pattern.dataset ? index.by_dataset[rule.pattern.dataset->str()]
                                        : index.by_everything;
      if (jobs.empty() || jobs.back() != &job) jobs.push_back(&job);
    }
  }
}

std::vector<Routes::Hop> Routes::from(const HostName& host, const DatasetName& dataset,
                                      Effort& effort) const {
  const std::size_t size = dataset.str().size();
  const auto depth = std::count(dataset.str().begin(), dataset.str().end(), '/');
  const std::size_t cost = 1 + size * static_cast<std::size_t>(depth) / 256;
  if (size > max_followed_bytes || !effort.spend(cost)) return {};
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return {};
  const Index& index = found->second;
  std::vector<const Replication*> jobs = index.by_everything;
  for (std::optional<DatasetName> at = dataset; at; at = at->parent()) {
    const auto here = index.by_dataset.find(at->str());
    if (here != index.by_dataset.end()) {
      jobs.insert(jobs.end(), here->second.begin(), here->second.end());
    }
  }
  std::sort(jobs.begin(), jobs.end(),
            [](const Replication* a, const Replication* b) { return a->id < b->id; });
  jobs.erase(std::unique(jobs.begin(), jobs.end()), jobs.end());
  if (!effort.spend(cost * jobs.size())) return {};
  std::vector<Hop> hops;
  for (const Replication* job : jobs) {
    if (auto target = job->map.target(dataset)) {
      hops.push_back({job, job->map.find(dataset), std::move(*target)});
    }
  }
  return hops;
}

}  // namespace zr
