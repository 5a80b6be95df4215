#include "lang/regions.h"

#include <algorithm>

#include "lang/overloaded.h"

namespace zr {
namespace {

template <class T>
void keep_once(std::vector<T>& list) {
  std::sort(list.begin(), list.end(), [](const T a, const T b) { return std::less<T>()(a, b); });
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

Regions::Regions(const Policy& policy) : fresh_(policy) {
  for (const Autosnap& job : policy.autosnaps) add(job.on, job.datasets, &job);
  for (const Prune& job : policy.prunes) add(job.on, job.datasets, &job);
  for (const Protect& block : policy.protects) add(block.on, block.datasets, &block);
  for (const Replication& job : policy.replications) {
    add(job.from, job.map, &job);
    for (const Rule& rule : job.map.all()) {
      if (const auto* target = std::get_if<DatasetName>(&rule.result)) {
        const bool subtree = rule.pattern.subtree;
        add(hosts_[job.to], Pattern{*target, subtree}, Arrival{&job, subtree});
      }
    }
  }
  for (auto& [host, index] : hosts_) {
    std::vector<DatasetName>& all = index.witnesses;
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    std::erase_if(all, [](const DatasetName& d) { return d.str().size() > max_zfs_name_bytes; });
  }
}

void Regions::add(const HostName& host, const Rules& rules, Block block) {
  for (const Rule& rule : rules.all()) add(hosts_[host], rule.pattern, block);
}

void Regions::add(Index& index, const Pattern& pattern, Block block) {
  const DatasetName top = pattern.dataset.value_or(fresh_.pool);
  index.witnesses.push_back(top);
  if (pattern.subtree) index.witnesses.push_back(top.append(fresh_.component()));
  if (pattern.dataset) {
    index.by_dataset[pattern.dataset->str()].push_back(block);
  } else {
    index.everywhere.push_back(block);
  }
}

Region Regions::at(const HostName& host, const Index& index, const DatasetName& dataset,
                   Effort& effort) {
  Region region{host, dataset, {}, {}, {}, {}, {}};
  const auto look = [&](const std::vector<Block>& blocks, bool is_top) {
    if (!effort.spend(1 + blocks.size())) return;
    for (const Block& block : blocks) {
      std::visit(overloaded{
                     [&](const Autosnap* job) { region.autosnaps.push_back(job); },
                     [&](const Prune* job) { region.prunes.push_back(job); },
                     [&](const Protect* block_) { region.protects.push_back(block_); },
                     [&](const Replication* job) { region.departures.push_back(job); },
                     [&](const Arrival& arrival) {
                       if (is_top || arrival.subtree) region.arrivals.push_back(arrival.job);
                     },
                 },
                 block);
    }
  };
  look(index.everywhere, false);
  for (std::optional<DatasetName> at = dataset; at; at = at->parent()) {
    const auto found = index.by_dataset.find(at->str());
    if (found != index.by_dataset.end()) look(found->second, at->str() == dataset.str());
  }
  const auto settle = [&](auto& jobs, const auto& takes) {
    keep_once(jobs);
    std::erase_if(jobs, [&](const auto* job) { return !takes(*job); });
  };
  settle(region.autosnaps, [&](const Autosnap& job) { return job.datasets.takes(dataset); });
  settle(region.prunes, [&](const Prune& job) { return job.datasets.takes(dataset); });
  settle(region.protects, [&](const Protect& block) { return block.datasets.takes(dataset); });
  settle(region.departures, [&](const Replication& job) { return job.map.takes(dataset); });
  settle(region.arrivals, [](const Replication&) { return true; });
  return region;
}

}  // namespace zr
