#include "planner/make_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner/draft.h"

namespace zr {
namespace {

bool concerns(const Policy& policy, const HostName& host, const DatasetName& dataset) {
  return std::any_of(
             policy.autosnaps.begin(), policy.autosnaps.end(),
             [&](const Autosnap& j) { return j.on == host && j.datasets.takes(dataset); }) ||
         std::any_of(policy.prunes.begin(), policy.prunes.end(),
                     [&](const Prune& j) { return j.on == host && j.datasets.takes(dataset); });
}

// Clocks jump. Nothing depends on them being right, but whoever reads the plan should know.
void note_odd_clocks(Draft& draft, const std::string& where, const Dataset& dataset) {
  const Seconds now = floor<std::chrono::seconds>(draft.now);
  std::size_t future = 0, unordered = 0;
  const Version* before = nullptr;
  for (const Version& version : dataset.versions) {
    if (!version.is_snapshot()) continue;
    if (version.creation > now) ++future;
    if (before && version.creation < before->creation) ++unordered;
    before = &version;
  }
  if (future > 0) {
    draft.note(fmt::format("{}: created later than now: {} of its snapshots; ages count from now",
                           where, future));
  }
  if (unordered > 0) {
    draft.note(
        fmt::format("{}: created earlier than a snapshot before them: {} of its snapshots; the "
                    "order is that of their createtxg",
                    where, unordered));
  }
}

}  // namespace

void note_odd_clocks(Draft& draft) {
  for (const auto& [host, inventory] : draft.world.hosts) {
    if (!draft.future.reachable(host)) continue;
    for (const Dataset& dataset : inventory.datasets) {
      if (!concerns(draft.policy, host, dataset.name)) continue;
      note_odd_clocks(draft, host.value + ":" + dataset.name.str(), dataset);
    }
  }
}

void plan_all(Draft& draft) {
  plan_unreachable(draft);
  plan_renames(draft);
  pin_for_unreachable(draft);
  for (const Node& node : nodes_in_order(draft)) {
    plan_incoming(draft, node);
    plan_snapshots(draft, node);
  }
  order_snapshots(draft);
  await_unreachable(draft);
  plan_tidying(draft);
  plan_destroys(draft);
  note_odd_clocks(draft);
}

Plan make_plan(const Policy& policy, const World& world, Millis now) {
  Draft draft(policy, world, now);
  plan_all(draft);
  return std::move(draft).finish();
}

}  // namespace zr
