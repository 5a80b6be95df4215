// Marks of jobs that the site no longer has, and what can't be seen because a host is unreachable.
#include <fmt/format.h>

#include <algorithm>

#include "planner/draft.h"

namespace zr {
namespace {

void drop_cursors(Draft& draft, FutureDataset& dataset) {
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const Version& version = dataset.version(i);
    if (version.is_snapshot() || !dataset.alive(i) || dataset.pinned(i)) continue;
    const auto cursor = Cursor::parse(version.name);
    if (!cursor || !draft.tidies(cursor->site, cursor->job)) continue;
    draft.add({std::nullopt, {}}, dataset.host, DestroyVersion{dataset.name, draft.ref(dataset, i)},
              "the cursor of " + cursor->job.str() + ", which the site no longer has",
              dataset.uses(i));
    dataset.remove(i);
  }
}

void drop_holds(Draft& draft, FutureDataset& dataset) {
  for (std::size_t i : dataset.snapshots()) {
    for (const FutureHold& held : dataset.holds(i)) {
      const auto mark = TargetHold::parse(held.tag);
      if (!mark || !draft.tidies(mark->site, mark->job)) continue;
      std::vector<StepRef> after = dataset.uses(i);
      for (const FutureHold& other : dataset.holds(i)) {
        if (other.placed_by) after.push_back(*other.placed_by);
      }
      const StepRef released = draft.add(
          {std::nullopt, {}}, dataset.host,
          ReleaseHold{dataset.name, draft.ref(dataset, i), held.tag},
          "the hold of " + mark->job.str() + ", which the site no longer has", std::move(after));
      dataset.release_hold(i, held.tag, released);
    }
  }
}

// Whether the dataset carries this job's own mark, so that there is something to go on from even
// when all of its snapshots are gone.
bool has_cursor(const Draft& draft, const FutureDataset& dataset, const Replication& job) {
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (dataset.version(i).is_snapshot()) continue;
    const auto cursor = Cursor::parse(dataset.version(i).name);
    if (cursor && cursor->site == draft.policy.site && cursor->job == job.id) return true;
  }
  return false;
}

// The oldest snapshot with this job's own mark: the base is that one, or a younger one if the run
// that received it was cut off before it could say so.
std::optional<CreateTxg> oldest_hold(const Draft& draft, const FutureDataset& dataset,
                                     const Replication& job) {
  const std::string tag = TargetHold{draft.policy.site, job.id}.str();
  for (std::size_t i : dataset.snapshots())
    if (dataset.has_hold(i, tag)) return dataset.version(i).createtxg;
  return std::nullopt;
}

// However long the target is away the source must not fill up, so snapshots may go, if only each
// leaves a bookmark: the cursor says what had landed when it was made, and since then a run may
// have been cut off, or somebody may have rolled the target back. Bookmarks cost nothing, and stay.
void pin_sources(Draft& draft, const Replication& job) {
  for (auto& [name, dataset] : draft.future.hosts().at(job.from)) {
    if (!dataset.exists || !job.map.takes(name)) continue;
    const std::string reason = may_be_the_base(job, job.to);
    if (!has_cursor(draft, dataset, job)) {
      dataset.pin_all(reason);
      continue;
    }
    dataset.remember_for(job, reason);
    const std::size_t cursor_bytes = Cursor{draft.policy.site, job.id, {}}.str().size();
    if (name.str().size() + 1 + cursor_bytes <= max_zfs_name_bytes) continue;
    for (std::size_t i : dataset.snapshots()) dataset.pin(i, reason);
  }
}

// Nothing is received meanwhile, so this keeps no more than there is.
void pin_targets(Draft& draft, const Replication& job) {
  for (auto& [name, dataset] : draft.future.hosts().at(job.to)) {
    if (!dataset.exists || !may_be_target(job, name)) continue;
    const auto hold = oldest_hold(draft, dataset, job);
    if (!hold) dataset.pin_all(may_be_the_base(job, job.from));
    for (std::size_t i : dataset.snapshots())
      if (hold && dataset.version(i).createtxg > *hold)
        dataset.pin(i, may_be_the_base(job, job.from));
  }
}

}  // namespace

void pin_for_unreachable(Draft& draft) {
  for (const Replication& job : draft.policy.replications) {
    const bool from = draft.future.reachable(job.from);
    const bool to = draft.future.reachable(job.to);
    if (from && !to) pin_sources(draft, job);
    if (to && !from) pin_targets(draft, job);
  }
}

void await_unreachable(Draft& draft) {
  for (const Replication& job : draft.policy.replications) {
    if (!draft.future.reachable(job.from) || draft.future.reachable(job.to)) continue;
    for (auto& [name, dataset] : draft.future.hosts().at(job.from)) {
      if (!dataset.exists || !job.map.takes(name)) continue;
      for (std::size_t i : dataset.snapshots()) {
        if (job.snapshots.takes(dataset.version(i).name)) dataset.await(i);
      }
    }
  }
}

void plan_tidying(Draft& draft) {
  for (auto& [host, datasets] : draft.future.hosts()) {
    for (auto& [name, dataset] : datasets) {
      if (!dataset.exists) continue;
      drop_cursors(draft, dataset);
      drop_holds(draft, dataset);
    }
  }
}

std::string may_be_the_base(const Replication& job, const HostName& away) {
  return fmt::format("may be the incremental base of {}, and {} can't be reached", job.id.str(),
                     away.value);
}

void plan_unreachable(Draft& draft) {
  auto report = [&](const JobId& job, const Origin& origin, const HostName& host) {
    if (!draft.policy.acts_on(job) || draft.future.reachable(host)) return;
    const auto why = draft.world.unreachable.find(host);
    draft.conflict({ConflictKind::host_unreachable, host, std::nullopt, job,
                    why == draft.world.unreachable.end() ? "can't be reached" : why->second,
                    "the rest of the plan does not wait for it; run again when it is back",
                    origin});
  };
  for (const Autosnap& job : draft.policy.autosnaps) report(job.id, job.origin, job.on);
  for (const Replication& job : draft.policy.replications) {
    report(job.id, job.origin, job.from);
    if (job.to != job.from) report(job.id, job.origin, job.to);
  }
  for (const Prune& job : draft.policy.prunes) report(job.id, job.origin, job.on);
}

}  // namespace zr
