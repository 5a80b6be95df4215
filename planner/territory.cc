#include "planner/territory.h"

#include <algorithm>

namespace zr {

Territory::Territory(const Policy& policy, const std::vector<JobId>& jobs) {
  const auto add_all = [&](const auto& all) {
    for (const auto& job : all) {
      if (std::find(jobs.begin(), jobs.end(), job.id) == jobs.end()) continue;
      add(read_by(job));
      add(made_by(job));
    }
  };
  add_all(policy.autosnaps);
  add_all(policy.replications);
  add_all(policy.prunes);
}

Territory Territory::made_by(const Replication& job) {
  Territory made;
  Ground& ground = made.hosts_[job.to];
  // A sink has the names that its client has.
  if (job.sink_decides) add(job.map, ground);
  for (const Rule& rule : job.map.all()) {
    const auto* target = std::get_if<DatasetName>(&rule.result);
    if (target == nullptr) continue;
    ground.trees.insert(*target);
    ground.all.insert(*target);
  }
  return made;
}

Territory Territory::of(const HostName& host, const Rules& patterns) {
  Territory of;
  add(patterns, of.hosts_[host]);
  return of;
}

void Territory::add(const Rules& patterns, Ground& ground) {
  for (const Rule& rule : patterns.all()) {
    if (std::holds_alternative<Omit>(rule.result)) continue;
    if (!rule.pattern.dataset) {
      ground.everything = true;
      continue;
    }
    if (rule.pattern.subtree) ground.trees.insert(*rule.pattern.dataset);
    ground.all.insert(*rule.pattern.dataset);
  }
}

void Territory::add(const Territory& other) {
  for (const auto& [host, more] : other.hosts_) {
    Ground& ground = hosts_[host];
    ground.everything = ground.everything || more.everything;
    ground.trees.insert(more.trees.begin(), more.trees.end());
    ground.all.insert(more.all.begin(), more.all.end());
  }
}

bool Territory::reaches(const Ground& trees_of, const Ground& other) {
  if (trees_of.everything) return other.everything || !other.all.empty();
  return std::any_of(other.all.begin(), other.all.end(), [&](const DatasetName& name) {
    if (trees_of.all.contains(name)) return true;
    for (auto up = name.parent(); up; up = up->parent())
      if (trees_of.trees.contains(*up)) return true;
    return false;
  });
}

bool Territory::meets(const Territory& other) const {
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const auto& entry) {
    const auto there = other.hosts_.find(entry.first);
    if (there == other.hosts_.end()) return false;
    return reaches(entry.second, there->second) || reaches(there->second, entry.second);
  });
}

}  // namespace zr
