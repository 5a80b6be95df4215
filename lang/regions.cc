#include "lang/regions.h"

#include <algorithm>

#include "lang/overloaded.h"

namespace zr {
namespace {

constexpr std::uint32_t none = UINT32_MAX;

// Of two patterns that take one dataset: how specific they are.
std::size_t rank(const Rule& rule) {
  const Pattern& pattern = rule.pattern;
  if (!pattern.dataset) return 0;
  return 2 * pattern.dataset->str().size() + (pattern.subtree ? 0U : 1U);
}

// Of all rules of a block that take the dataset the most specific one decides.
template <class T>
void settle(std::vector<Taker<T>>& takers) {
  if (takers.size() > 1) {
    std::sort(takers.begin(), takers.end(), [](const Taker<T>& a, const Taker<T>& b) {
      if (a.block != b.block) return std::less<const T*>()(a.block, b.block);
      return rank(*a.rule) > rank(*b.rule);
    });
    const auto same = [](const Taker<T>& a, const Taker<T>& b) { return a.block == b.block; };
    takers.erase(std::unique(takers.begin(), takers.end(), same), takers.end());
  }
  std::erase_if(takers, [](const Taker<T>& taker) {
    return std::holds_alternative<Omit>(taker.rule->result);
  });
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
  for (const Rule& rule : rules.all()) {
    if (rule.pattern.dataset) {
      add(index, *rule.pattern.dataset, {block, &rule, none});
    } else {
      index.everywhere.push_back({block, &rule, none});
      entry(index, fresh_.pool).subtree = true;
    }
  }
}

void Regions::add_targets(const HostName& host, const Rules& map) {
  Index& index = hosts_[host];
  for (const Rule& rule : map.all()) {
    if (const auto* target = std::get_if<DatasetName>(&rule.result)) {
      add(index, *target, {Arrival{}, &rule, none});
    }
  }
}

void Regions::add(Index& index, const DatasetName& dataset, Mention mention) {
  Entry& about = entry(index, dataset);
  about.subtree = about.subtree || mention.rule->pattern.subtree;
  mention.next = about.first;
  about.first = static_cast<std::uint32_t>(index.mentions.size());
  index.mentions.push_back(mention);
}

Regions::Entry& Regions::entry(Index& index, const DatasetName& dataset) {
  const auto [at, is_new] =
      index.by_name.try_emplace(dataset.str(), static_cast<std::uint32_t>(index.entries.size()));
  if (is_new) index.entries.push_back({&dataset, none, false});
  return index.entries[at->second];
}

void Regions::look(const Index& index, Region& region, Effort& effort) {
  region.autosnaps.clear();
  region.prunes.clear();
  region.protects.clear();
  region.departures.clear();
  region.pull_acls.clear();
  region.may_arrive = false;
  const auto take = [&region](const Mention& mention) {
    const Rule* rule = mention.rule;
    std::visit(overloaded{
                   [&](const Autosnap* job) {
                     region.autosnaps.push_back({job, rule});
                   },
                   [&](const Prune* job) {
                     region.prunes.push_back({job, rule});
                   },
                   [&](const Protect* block) {
                     region.protects.push_back({block, rule});
                   },
                   [&](const Replication* job) {
                     region.departures.push_back({job, rule});
                   },
                   [&](const PullAcl* acl) {
                     region.pull_acls.push_back({acl, rule});
                   },
                   [&](const Arrival&) { region.may_arrive = true; },
               },
               mention.block);
  };
  const std::string_view name = region.dataset.str();
  for (std::size_t end = name.size(); end != std::string_view::npos;
       end = name.rfind('/', end - 1)) {
    const auto found = index.by_name.find(name.substr(0, end));
    if (!effort.spend()) return;
    if (found == index.by_name.end()) continue;
    for (std::uint32_t at = index.entries[found->second].first; at != none;) {
      if (!effort.spend()) return;
      const Mention& mention = index.mentions[at];
      if (mention.rule->pattern.subtree || end == name.size()) take(mention);
      at = mention.next;
    }
  }
  if (!effort.spend(1 + index.everywhere.size())) return;
  for (const Mention& mention : index.everywhere) take(mention);
  settle(region.autosnaps);
  settle(region.prunes);
  settle(region.protects);
  settle(region.departures);
  settle(region.pull_acls);
}

}  // namespace zr
