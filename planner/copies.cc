// Which dataset is the copy of which source, and which is nobody's although its history is known.
#include <algorithm>
#include <tuple>

#include "planner/marks.h"
#include "planner/renames.h"

namespace zr {
namespace {

bool has_history(const FutureDataset& dataset) {
  return dataset.exists && dataset.was && !dataset.was->versions.empty();
}

bool has_common(const FutureDataset& source, const FutureDataset& target) {
  return has_history(source) && has_history(target) && compare(source, target).base;
}

bool is_empty_placeholder(const FutureDataset& dataset) {
  return dataset.placeholder && !dataset.newest_snapshot();
}

// To those who want some snapshot that it has.
void offer(FutureDataset& dataset, const std::unordered_multimap<std::uint64_t, Wanting*>& known) {
  for (const Version& v : dataset.was->versions) {
    if (!v.is_snapshot()) continue;
    const auto [first, last] = known.equal_range(v.guid.value);
    for (auto at = first; at != last; ++at) {
      auto& former = at->second->former;
      if (former.empty() || former.back() != &dataset) former.push_back(&dataset);
    }
  }
}

bool has_hold(const FutureDataset& dataset, const std::string& tag) {
  return std::any_of(
      dataset.was->versions.begin(), dataset.was->versions.end(),
      [&](const Version& v) { return std::binary_search(v.holds.begin(), v.holds.end(), tag); });
}

}  // namespace

Copies::Copies(Draft& draft) : draft_(draft) {
  for (const Replication& job : draft.policy.replications) add_pairs(job);
}

void Copies::add_pairs(const Replication& job) {
  if (!draft_.future.reachable(job.from) || !draft_.future.reachable(job.to)) return;
  for (auto& [name, source] : draft_.future.hosts().at(job.from)) {
    if (!source.exists || is_empty_placeholder(source)) continue;
    const auto target = job.target_of(name);
    const bool itself = target && job.from == job.to && *target == name;
    if (target && !itself) incoming_[{job.to, *target}].push_back({&job, &source});
  }
}

bool Copies::is_wanting(const Key& target) const {
  const FutureDataset* there = draft_.future.find(target.first, target.second);
  if (!there || !there->exists) return true;
  return !there->newest_snapshot() && (there->placeholder || there->resume_token);
}

std::vector<Wanting> Copies::wanting() const {
  std::vector<Wanting> out;
  for (const auto& [target, sources] : incoming_) {
    // What two sources would be sent to is a conflict of its own.
    if (sources.size() != 1 || !has_history(*sources[0].source) || !is_wanting(target)) continue;
    const auto [job, source] = sources[0];
    out.push_back({{job, source->name, target.second}, source, {}});
  }
  find_former(out);
  std::erase_if(out, [](const Wanting& w) { return w.former.empty(); });
  return out;
}

void Copies::find_former(std::vector<Wanting>& all) const {
  std::map<HostName, std::unordered_multimap<std::uint64_t, Wanting*>> by_guid;
  for (Wanting& w : all) {
    auto& known = by_guid[w.pair.job->to];
    for (const Version& v : w.source->was->versions) known.emplace(v.guid.value, &w);
  }
  for (const auto& [host, known] : by_guid) {
    for (auto& [name, dataset] : draft_.future.hosts().at(host)) {
      if (has_history(dataset)) offer(dataset, known);
    }
  }
  for (Wanting& w : all) {
    std::erase_if(w.former, [&](const FutureDataset* d) { return !may_take(w, *d); });
    // The job's own hold tells its copy from what somebody else made of it.
    const std::string own = TargetHold{draft_.policy.site, w.pair.job->id}.str();
    const auto held = [&](const FutureDataset* d) { return has_hold(*d, own); };
    if (std::any_of(w.former.begin(), w.former.end(), held)) {
      std::erase_if(w.former, [&](const FutureDataset* d) { return !held(d); });
    }
  }
}

// Only what this job could have sent, and what nothing is sent to (any more).
bool Copies::may_take(const Wanting& w, const FutureDataset& dataset) const {
  if (&dataset == w.source || !may_be_target(*w.pair.job, dataset.name)) return false;
  if (is_of_another_job(*w.pair.job, dataset) || source_of(dataset)) return false;
  const auto incoming = incoming_.find({dataset.host, dataset.name});
  if (incoming == incoming_.end()) return true;
  return std::none_of(incoming->second.begin(), incoming->second.end(),
                      [&](const Incoming& in) { return is_promoted(*in.source, *w.source); });
}

bool Copies::is_of_another_job(const Replication& own, const FutureDataset& dataset) const {
  if (has_hold(dataset, TargetHold{draft_.policy.site, own.id}.str())) return false;
  return std::any_of(draft_.policy.replications.begin(), draft_.policy.replications.end(),
                     [&](const Replication& job) {
                       return has_hold(dataset, TargetHold{draft_.policy.site, job.id}.str());
                     });
}

// `zfs promote` gives the snapshots to the clone and makes the dataset that had them a clone of it:
// nothing was renamed.
bool Copies::is_promoted(const FutureDataset& clone, const FutureDataset& origin) const {
  return clone.host == origin.host && origin_dataset(draft_.future, clone) == origin.name;
}

const FutureDataset* Copies::source_of(const FutureDataset& copy) const {
  const auto incoming = incoming_.find({copy.host, copy.name});
  if (incoming == incoming_.end()) return nullptr;
  for (const Incoming& in : incoming->second) {
    if (has_common(*in.source, copy)) return in.source;
  }
  return nullptr;
}

}  // namespace zr
