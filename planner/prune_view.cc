#include "planner/prune_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "planner/render.h"

namespace zr {

PruneView::PruneView(const Policy& policy, const FutureDataset& dataset)
    : policy_(policy), dataset_(dataset) {
  for (const Prune& prune : policy.prunes) {
    if (prune.on == dataset.host && prune.datasets.takes(dataset.name)) prunes_.push_back(&prune);
  }
  if (prunes_.empty()) return;
  for (const std::size_t i : dataset_.snapshots()) {
    const Version& version = dataset_.version(i);
    if (!latest_ || version.creation > latest_->first) latest_ = {version.creation, version.str()};
  }
}

std::vector<std::size_t> PruneView::matching(const Prune& prune, Scope scope) const {
  std::vector<std::size_t> out = dataset_.snapshots();
  std::erase_if(out, [&](std::size_t i) {
    return (scope == Scope::observed && dataset_.made_by(i)) ||
           !prune.snapshots.takes(dataset_.version(i).name);
  });
  return out;
}

std::vector<Candidate> PruneView::candidates(const std::vector<std::size_t>& matching) const {
  std::vector<Candidate> out;
  out.reserve(matching.size());
  for (std::size_t i : matching) out.push_back({&dataset_.version(i), dataset_.awaited(i)});
  return out;
}

std::vector<Verdict> PruneView::verdicts(const Prune& prune,
                                         const std::vector<std::size_t>& matching, Seconds now,
                                         Explain explain) const {
  return judge(candidates(matching), prune.keeps, now, explain);
}

std::vector<Buckets> PruneView::buckets(const Prune& prune,
                                        const std::vector<std::size_t>& matching,
                                        Seconds now) const {
  return zr::buckets(candidates(matching), prune.keeps, now);
}

std::vector<Doomed> PruneView::doomed(Seconds now, Scope scope) const {
  std::map<std::size_t, Doomed> doomed;
  std::set<std::size_t> kept;
  for (const Prune* prune : prunes_) {
    const auto snapshots = matching(*prune, scope);
    const auto judged = verdicts(*prune, snapshots, now);
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
      if (judged[i].keep) {
        kept.insert(snapshots[i]);
      } else if (policy_.acts_on(prune->id)) {
        doomed.try_emplace(snapshots[i], Doomed{snapshots[i], prune, judged[i].reason});
      }
    }
  }
  const Sink* sink = doomed.empty() ? nullptr : policy_.floor_of(dataset_.host, dataset_.name);
  if (sink != nullptr) {
    for (const std::size_t i : floor(*sink, scope)) kept.insert(i);
  }
  std::vector<Doomed> out;
  for (auto& [version, d] : doomed) {
    if (!kept.contains(version)) out.push_back(std::move(d));
  }
  return out;
}

std::vector<std::size_t> PruneView::floor(const Sink& sink, Scope scope) const {
  std::vector<std::size_t> all = dataset_.snapshots();
  std::erase_if(all,
                [&](std::size_t i) { return scope == Scope::observed && dataset_.made_by(i); });
  const std::size_t count = std::min<std::size_t>(all.size(), sink.keep_at_least.value_or(0));
  all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(count));
  return all;
}

const Sink* PruneView::floor_under(std::size_t version) const {
  const Sink* sink = policy_.floor_of(dataset_.host, dataset_.name);
  if (sink == nullptr) return nullptr;
  const auto newest = floor(*sink, Scope::planned);
  return std::find(newest.begin(), newest.end(), version) == newest.end() ? nullptr : sink;
}

std::string PruneView::clock_obstacle(Seconds now) const {
  if (!policy_.prunes_refused.empty()) return policy_.prunes_refused;
  if (!policy_.doubts_clock || !latest_ || latest_->first <= now + clock_tolerance) return "";
  return fmt::format(
      "the clock is behind {}, which is of {}: set it, or destroy that by hand if a "
      "clock was ahead then",
      latest_->second, format_time(Millis(latest_->first)));
}

std::string PruneView::obstacle(std::size_t i, Seconds now) const {
  const Version& version = dataset_.version(i);
  if (newest_of_an_autosnap(i)) return silent;
  if (std::string clock = clock_obstacle(now); !clock.empty()) return clock;
  if (policy_.protects_snapshot(dataset_.host, dataset_.name, version.name)) return "protected";
  if (const auto holds = dataset_.holds(i); !holds.empty()) {
    std::vector<std::string> tags;
    tags.reserve(holds.size());
    for (const FutureHold& hold : holds) tags.push_back(hold.tag);
    return fmt::format("held by {}", fmt::join(tags, ", "));
  }
  if (const auto clones = dataset_.clones(i); !clones.empty()) {
    return fmt::format("has the clone {}", fmt::join(clones, ", "));
  }
  return dataset_.pinned(i).value_or("");
}

bool PruneView::newest_of_an_autosnap(std::size_t i) const {
  const std::string& name = dataset_.version(i).name;
  return std::any_of(policy_.autosnaps.begin(), policy_.autosnaps.end(), [&](const Autosnap& job) {
    if (job.on != dataset_.host || !name.starts_with(job.prefix)) return false;
    if (!job.datasets.takes(dataset_.name)) return false;
    for (std::size_t later = i + 1; later < dataset_.size(); ++later) {
      const Version& other = dataset_.version(later);
      if (dataset_.alive(later) && other.is_snapshot() && other.name.starts_with(job.prefix)) {
        return false;
      }
    }
    return true;
  });
}

}  // namespace zr
