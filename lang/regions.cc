#include "lang/regions.h"

#include <algorithm>

#include "lang/overloaded.h"

namespace zr {
namespace {

template <class T, class Takes>
void settle(std::vector<const T*>& jobs, Takes takes) {
  if (jobs.size() > 1) {
    std::sort(jobs.begin(), jobs.end(), std::less<const T*>());
    jobs.erase(std::unique(jobs.begin(), jobs.end()), jobs.end());
  }
  std::erase_if(jobs, [&](const T* job) { return !takes(*job); });
}

}  // namespace

Regions::Regions(const Policy& policy) : fresh_(policy) {
  for (const Autosnap& job : policy.autosnaps) add(job.on, job.datasets, &job);
  for (const Prune& job : policy.prunes) add(job.on, job.datasets, &job);
  for (const Protect& block : policy.protects) add(block.on, block.datasets, &block);
  for (const Replication& job : policy.replications) {
    add(job.from, job.map, &job);
    add_targets(job.to, job.map);
  }
  for (const Sink& sink : policy.sinks) add_targets(sink.on, sink.map);
  for (const PullAcl& acl : policy.pull_acls) add(acl.on, acl.datasets, &acl);
}

void Regions::add(const HostName& host, const Rules& rules, Block block) {
  Index& index = hosts_[host];
  for (const Rule& rule : rules.all()) add(index, rule.pattern, block);
}

void Regions::add_targets(const HostName& host, const Rules& map) {
  Index& index = hosts_[host];
  for (const Rule& rule : map.all()) {
    if (const auto* target = std::get_if<DatasetName>(&rule.result)) {
      const bool subtree = rule.pattern.subtree;
      add(index, Pattern{*target, subtree}, Arrival{subtree});
    }
  }
}

void Regions::add(Index& index, const Pattern& pattern, Block block) {
  const auto [at, is_new] = index.by_dataset.try_emplace(pattern.dataset.value_or(fresh_.pool));
  if (is_new) index.in_order.push_back(&*at);
  at->second.subtree = at->second.subtree || pattern.subtree;
  std::vector<Block>& blocks = pattern.dataset ? at->second.blocks : index.everywhere;
  blocks.push_back(block);
}

void Regions::look(const Index& index, Region& region, Effort& effort) {
  region.autosnaps.clear();
  region.prunes.clear();
  region.protects.clear();
  region.departures.clear();
  region.pull_acls.clear();
  region.may_arrive = false;
  const auto collect = [&](const std::vector<Block>& blocks, bool is_top) {
    if (!effort.spend(1 + blocks.size())) return;
    for (const Block& block : blocks) {
      std::visit(overloaded{
                     [&](const Autosnap* job) { region.autosnaps.push_back(job); },
                     [&](const Prune* job) { region.prunes.push_back(job); },
                     [&](const Protect* protect) { region.protects.push_back(protect); },
                     [&](const Replication* job) { region.departures.push_back(job); },
                     [&](const PullAcl* acl) { region.pull_acls.push_back(acl); },
                     [&](const Arrival& arrival) {
                       region.may_arrive = region.may_arrive || is_top || arrival.subtree;
                     },
                 },
                 block);
    }
  };
  const DatasetName& dataset = region.dataset;
  collect(index.everywhere, false);
  const std::string_view name = dataset.str();
  for (std::size_t end = name.size(); end != std::string_view::npos;
       end = name.rfind('/', end - 1)) {
    const auto found = index.by_dataset.find(name.substr(0, end));
    if (found != index.by_dataset.end()) collect(found->second.blocks, end == name.size());
  }
  settle(region.autosnaps, [&](const Autosnap& job) { return job.datasets.takes(dataset); });
  settle(region.prunes, [&](const Prune& job) { return job.datasets.takes(dataset); });
  settle(region.protects, [&](const Protect& block) { return block.datasets.takes(dataset); });
  settle(region.departures, [&](const Replication& job) { return job.map.takes(dataset); });
  settle(region.pull_acls, [&](const PullAcl& acl) { return acl.datasets.takes(dataset); });
}

}  // namespace zr
