#include "planner/draft.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "lang/overloaded.h"
#include "planner/budget.h"

namespace zr {

Draft::Draft(const Policy& p, const World& w, Millis n)
    : policy(p), world(w), now(n), future(p, w) {
  plan_.site_file = p.file;
  plan_.site = p.site;
  plan_.policy_hash = p.hash;
  plan_.now = n;
  for (const Host& host : p.hosts) {
    auto& list = future.reachable(host.name) ? plan_.hosts : plan_.unreachable_hosts;
    list.push_back(host.name);
  }
}

StepRef Draft::add(const Cause& cause, const HostName& host, Action action, std::string reason,
                   std::vector<StepRef> after) {
  steps_.push_back(
      {Step{0, host, std::move(action), cause.job, {}, std::move(reason), cause.origin}, {}});
  for (StepRef earlier : after) order(steps_.size() - 1, earlier);
  const FutureDataset* dataset = future.find(host, steps_.back().step.dataset());
  if (dataset && dataset->named_by) order(steps_.size() - 1, *dataset->named_by);
  return steps_.size() - 1;
}

void Draft::order(StepRef later, StepRef earlier) {
  auto& after = steps_[later].after;
  auto place = std::lower_bound(after.begin(), after.end(), earlier);
  if (place == after.end() || *place != earlier) after.insert(place, earlier);
}

bool Draft::starts_at_once(StepRef ref) const {
  const auto& after = steps_[ref].after;
  return std::all_of(after.begin(), after.end(), [this](StepRef earlier) {
    return std::holds_alternative<RenameDataset>(action(earlier));
  });
}

bool Draft::tidies(const SiteName& site, const JobId& job) const {
  if (!policy.site_declared || (!policy.only.empty() && !policy.tidies_with_only) ||
      site != policy.site)
    return false;
  return std::none_of(policy.replications.begin(), policy.replications.end(),
                      [&](const Replication& replication) { return replication.id == job; });
}

VersionRef Draft::ref(const FutureDataset& dataset, std::size_t i) const {
  const Version& version = dataset.version(i);
  VersionRef ref{version.kind, version.name, std::nullopt};
  if (dataset.guid_known(i)) ref.guid = version.guid;
  return ref;
}

// Kahn's algorithm, the oldest drafted first. A receive names its send instead of waiting for it;
// it is numbered after it all the same.
std::vector<StepRef> Draft::sequence() const {
  std::vector<std::size_t> waits(steps_.size());
  std::vector<std::vector<StepRef>> unblocks(steps_.size());
  auto edge = [&](StepRef later, StepRef earlier) {
    ++waits[later];
    unblocks[earlier].push_back(later);
  };
  for (StepRef ref = 0; ref < steps_.size(); ++ref) {
    for (StepRef earlier : steps_[ref].after) edge(ref, earlier);
    if (const auto* recv = std::get_if<Recv>(&steps_[ref].step.action)) edge(ref, recv->stream_of);
  }
  std::priority_queue<StepRef, std::vector<StepRef>, std::greater<>> ready;
  for (StepRef ref = 0; ref < steps_.size(); ++ref) {
    if (waits[ref] == 0) ready.push(ref);
  }
  std::vector<StepRef> out;
  while (!ready.empty()) {
    out.push_back(ready.top());
    ready.pop();
    for (StepRef later : unblocks[out.back()]) {
      if (--waits[later] == 0) ready.push(later);
    }
  }
  return out;
}

Plan Draft::finish() && {
  const std::vector<StepRef> order = sequence();
  std::vector<StepId> id(steps_.size());
  for (std::size_t i = 0; i < order.size(); ++i) id[order[i]] = static_cast<StepId>(i + 1);
  for (StepRef ref : order) {
    Drafted& drafted = steps_[ref];
    drafted.step.id = id[ref];
    if (auto* recv = std::get_if<Recv>(&drafted.step.action)) recv->stream_of = id[recv->stream_of];
    for (StepRef earlier : drafted.after) drafted.step.after.push_back(id[earlier]);
    std::sort(drafted.step.after.begin(), drafted.step.after.end());
    plan_.steps.push_back(std::move(drafted.step));
  }
  auto conflict_key = [](const Conflict& c) { return std::tie(c.host, c.dataset, c.job, c.kind); };
  std::stable_sort(plan_.conflicts.begin(), plan_.conflicts.end(),
                   [&](const auto& a, const auto& b) { return conflict_key(a) < conflict_key(b); });
  judge_budget(plan_, charges_of(plan_, world), policy, world);
  return std::move(plan_);
}

}  // namespace zr
