// Whether what retention lets go of has gone, and how long a base is safe from it. The verdicts are
// the prunes' own; here is only when they were due.
#include <fmt/format.h>

#include <algorithm>

#include "planner/health_judge.h"
#include "planner/prune_view.h"
#include "planner/slots.h"

namespace zr {
namespace {

using namespace std::chrono;

// Where nothing says how often snapshots come, a prune is taken to run once a day.
constexpr seconds default_interval = days(1);
// So many snapshots ahead it is foretold what becomes of a base.
constexpr int foretold_snapshots = 64;
constexpr std::size_t most_obstacles_told = 6;

std::set<std::size_t> doomed(const Policy& policy, const FutureDataset& dataset, Seconds now) {
  std::set<std::size_t> out;
  for (const Doomed& d : PruneView(policy, dataset).doomed(now)) out.insert(d.version);
  return out;
}

// The dataset without what was made later.
FutureDataset as_of(FutureDataset dataset, Seconds then) {
  for (const std::size_t i : dataset.snapshots()) {
    if (dataset.version(i).creation > then) dataset.remove(i);
  }
  return dataset;
}

std::set<std::size_t> doomed_as_of(const Policy& policy, const FutureDataset& dataset,
                                   Seconds then) {
  return doomed(policy, as_of(dataset, then), then);
}

// A hold that a replication of this site has there for as long as it needs it.
bool is_own_hold(const Policy& policy, const std::string& tag) {
  const auto hold = TargetHold::parse(tag);
  if (!hold || hold->site != policy.site) return false;
  const auto jobs = policy.jobs();
  return std::binary_search(jobs.begin(), jobs.end(), hold->job);
}

// What may stay although no keep wants it: because the policy says so, or a stream needs it.
bool stays_by_design(const Policy& policy, const FutureDataset& planned,
                     const std::string& obstacle, std::size_t i) {
  if (obstacle == PruneView::silent || planned.pinned(i)) return true;
  if (policy.protects_snapshot(planned.host, planned.name, planned.version(i).name)) return true;
  const auto holds = planned.holds(i);
  return !holds.empty() && std::all_of(holds.begin(), holds.end(), [&](const FutureHold& hold) {
    return is_own_hold(policy, hold.tag);
  });
}

}  // namespace

void HealthJudge::judge_retention() {
  for (const auto& [host, datasets] : seen_.future.hosts()) {
    for (const auto& [name, dataset] : datasets) {
      if (dataset.exists) judge_retention(dataset);
    }
  }
}

void HealthJudge::judge_retention(const FutureDataset& seen) {
  const auto prunes = PruneView(policy_, seen).prunes();
  if (prunes.empty()) return;
  const auto promise = promised_.find({seen.host, seen.name});
  seconds interval = promise == promised_.end() ? default_interval : promise->second.newest_age;
  for (const Prune* prune : prunes)
    if (prune->every) interval = std::max(interval, *prune->every + prune->delay.jitter);
  FutureDataset dataset = seen;
  for (const std::size_t i : awaited_[{seen.host, seen.name}]) dataset.await(i);
  const auto all = overdue(dataset, interval);
  for (const Prune* prune : prunes) {
    if (!policy_.acts_on(prune->id)) continue;
    HealthVerdict v =
        verdict(HealthAspect::retention, seen.host, seen.name, prune->id, prune->origin);
    std::vector<Overdue> own;
    for (const Overdue& each : all) {
      if (each.prune == prune) own.push_back(each);
    }
    v.snapshots = own.size();
    v.message = "nothing is overdue to be destroyed";
    if (!own.empty()) tell_overdue(v, own, dataset, interval);
    health_.verdicts.push_back(std::move(v));
  }
}

// What was let go of an interval ago and is now: a verdict that came and went is nobody's fault.
std::vector<HealthJudge::Overdue> HealthJudge::overdue(const FutureDataset& dataset,
                                                       seconds interval) {
  std::vector<Overdue> out;
  const auto all = PruneView(policy_, dataset).doomed(now_);
  if (all.empty()) return out;
  const auto due = doomed_as_of(policy_, dataset, now_ - interval);
  const FutureDataset* after = planned(dataset);
  // What replication is late with may be what a prune waits for.
  FutureDataset patient = dataset;
  const std::map<std::size_t, JobId>& late = late_[{dataset.host, dataset.name}];
  for (const auto& [i, job] : late) patient.await(i);
  const auto kept_by_nobody = doomed(policy_, patient, now_);
  const std::optional<PruneView> view =
      after ? std::optional<PruneView>(std::in_place, policy_, *after) : std::nullopt;
  for (const Doomed& d : all) {
    if (!due.contains(d.version)) continue;
    std::string obstacle = view ? view->obstacle(d.version, now_) : std::string();
    if (after && stays_by_design(policy_, *after, obstacle, d.version)) continue;
    const auto awaited = late.find(d.version);
    if (awaited != late.end() && !kept_by_nobody.contains(d.version))
      obstacle = fmt::format("{} has yet to send it", awaited->second.str());
    out.push_back({d.version, d.prune, d.reason, std::move(obstacle)});
  }
  return out;
}

// One snapshot for each that the first does not stay for.
std::string HealthJudge::further_obstacles(const std::vector<Overdue>& all,
                                           const FutureDataset& dataset) {
  std::set<std::string> told{"", all.front().obstacle};
  std::string out;
  for (const Overdue& each : all) {
    if (!told.insert(each.obstacle).second) continue;
    if (told.size() > most_obstacles_told) return out + "; and so on";
    out += fmt::format("; {} stays: {}", dataset.version(each.version).str(), each.obstacle);
  }
  return out;
}

void HealthJudge::tell_overdue(HealthVerdict& v, const std::vector<Overdue>& all,
                               const FutureDataset& dataset, seconds interval) const {
  const Overdue& first = all.front();
  const Version& oldest = dataset.version(first.version);
  const auto due = doomed_as_of(policy_, dataset, now_ - 3 * interval);
  const auto is_free = [](const Overdue& each) { return each.obstacle.empty(); };
  const bool free = std::any_of(all.begin(), all.end(), is_free);
  const bool for_long = std::any_of(all.begin(), all.end(), [&](const Overdue& each) {
    return is_free(each) && due.contains(each.version);
  });
  v.status = for_long ? HealthStatus::critical : HealthStatus::warning;
  v.age = age_of(oldest);
  v.message =
      fmt::format("{} for at least {}; the oldest, {}, is {} old and {}{}",
                  all.size() == 1 ? "a snapshot should have been gone"
                                  : fmt::format("{} snapshots should have been gone", all.size()),
                  rough_duration(interval), oldest.str(), rough_duration(*v.age),
                  is_free(first) ? "nothing keeps it: " + first.reason : "stays: " + first.obstacle,
                  further_obstacles(all, dataset));
  v.help = free ? "see whether `zrepl apply` is run in time, and what its destroys said"
                : "see with `zrepl why` what holds them; retention takes them when that is gone";
}

// Only where there is no bookmark of it: with one, the snapshot may go.
void HealthJudge::judge_base(const Pair& pair, const FutureDataset& source, std::size_t base) {
  const Version& version = source.version(base);
  if (!policy_.acts_on(pair.job->id)) return;
  HealthVerdict v =
      verdict(HealthAspect::base, source.host, source.name, pair.job->id, pair.job->origin);
  const auto& versions = source.was->versions;
  const bool marked = std::any_of(versions.begin(), versions.end(), [&](const Version& other) {
    return !other.is_snapshot() && other.guid == version.guid;
  });
  if (marked) {
    v.message = fmt::format("the incremental base, {}, {}", version.str(),
                            version.is_snapshot() ? "has a bookmark" : "outlived its snapshot");
    health_.verdicts.push_back(std::move(v));
    return;
  }
  v.base_lost_in = doomed_in(source, base);
  const auto promise = promised_.find({pair.job->to, pair.target});
  const seconds least = promise == promised_.end() ? default_interval : promise->second.newest_age;
  if (!v.base_lost_in) {
    v.message = fmt::format("the incremental base, {}, has no bookmark, and retention keeps it",
                            version.str());
  } else {
    v.message = fmt::format(
        "{}, the incremental base of {}:{}, has no bookmark, and retention lets go of it {}",
        version.str(), pair.job->to.value, pair.target.str(),
        v.base_lost_in->count() == 0 ? "now" : "in " + rough_duration(*v.base_lost_in));
    if (*v.base_lost_in < least) {
      v.status = HealthStatus::warning;
      v.help = "the next `zrepl apply` bookmarks it; destroy no snapshots by hand before that";
    }
  }
  health_.verdicts.push_back(std::move(v));
}

// Ages count from the newest snapshot, so what becomes of one is decided by those to come: they are
// taken to come as the autosnaps say.
std::optional<seconds> HealthJudge::doomed_in(const FutureDataset& source,
                                              std::size_t version) const {
  if (doomed(policy_, source, now_).contains(version)) return seconds(0);
  const Autosnap* job = nullptr;
  for (const Autosnap& each : policy_.autosnaps) {
    if (each.on != source.host || !each.datasets.takes(source.name)) continue;
    if (!job || each.every < job->every) job = &each;
  }
  if (!job || PruneView(policy_, source).prunes().empty()) return std::nullopt;
  FutureDataset grown = source;
  const Slots slots = slots_of(*job);
  const std::int64_t slot = slots.of(now_);
  for (int i = 1; i <= foretold_snapshots; ++i) {
    const Seconds then = slots.begin(slot + i);
    grown.add({VersionKind::snapshot,
               snapshot_name(job->prefix, then),
               Guid{},
               CreateTxg{},
               then,
               0,
               {},
               {}},
              std::nullopt, false);
    if (doomed(policy_, grown, then).contains(version)) return then - now_;
  }
  return std::nullopt;
}

}  // namespace zr
