// Whether what is made and what is copied is as young as the intervals promise.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "planner/health_judge.h"
#include "planner/lineage.h"
#include "planner/render_text.h"
#include "planner/slots.h"

namespace zr {
namespace {

using namespace std::chrono;

constexpr const char* help_to_run =
    "see whether `zrepl apply` is run in time, and what the last one said";

std::string where(const FutureDataset& dataset) {
  return dataset.host.value + ":" + dataset.name.str();
}

bool stands_for_nothing(const FutureDataset& dataset) {
  return !dataset.exists || (dataset.placeholder && !dataset.newest_snapshot());
}

std::optional<seconds> sooner(std::optional<seconds> a, std::optional<seconds> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

std::string rough_duration(seconds duration) {
  constexpr std::array<seconds, 4> units{days(1), hours(1), minutes(1), seconds(1)};
  for (std::size_t i = 0; i + 1 < units.size(); ++i) {
    if (duration < units[i]) continue;
    duration -= duration % units[i + 1];
    break;
  }
  return format_duration(duration);
}

void HealthJudge::judge_snapshots() {
  for (const Autosnap& job : policy_.autosnaps) {
    const auto host = seen_.future.hosts().find(job.on);
    if (host == seen_.future.hosts().end()) continue;
    for (const auto& [name, dataset] : host->second) {
      if (!dataset.exists || dataset.placeholder || !job.datasets.takes(name)) continue;
      const Promise promise{2 * job.every, job.every};
      const auto [other, first] = promised_.try_emplace({job.on, name}, promise);
      if (!first && promise.newest_age < other->second.newest_age) other->second = promise;
      if (policy_.acts_on(job.id)) judge_snapshots(job, dataset);
    }
  }
}

// A snapshot may be taken at any time of its slot, so one is missed when a whole slot went by. Ages
// of a dataset are comparable with that once its slot is known.
void HealthJudge::judge_snapshots(const Autosnap& job, const FutureDataset& dataset) {
  HealthVerdict v = verdict(HealthAspect::snapshots, job.on, dataset.name, job.id, job.origin);
  const std::string due = "one is due every " + format_duration(job.every);
  if (const auto newest = newest_with_prefix(dataset, job.prefix)) {
    const Version& version = dataset.version(*newest);
    const Slots slots = slots_of(job);
    const std::int64_t slot = slots.of(version.creation);
    v.age = age_of(version);
    v.promised_age = slots.begin(slot + 2) - version.creation;
    v.critical_age = slots.begin(slot + 3) - version.creation;
    v.status = by_age(v, *v.age);
    v.message =
        fmt::format("the newest, {}, is {} old; {}", version.str(), rough_duration(*v.age), due);
  } else {
    v.status = HealthStatus::warning;
    v.message = fmt::format("has no snapshot with the prefix {} yet; {}", job.prefix, due);
  }
  if (v.status != HealthStatus::ok) v.help = help_to_run;
  health_.verdicts.push_back(std::move(v));
}

std::optional<seconds> HealthJudge::source_interval(const Pair& pair) const {
  std::optional<seconds> interval;
  for (const Autosnap& job : policy_.autosnaps) {
    if (job.on != pair.job->from || !job.datasets.takes(pair.source)) continue;
    if (!pair.job->snapshots.takes(snapshot_name(job.prefix, seen_.now))) continue;
    interval = sooner(interval, job.every);
  }
  if (interval) return interval;
  // What is received here is as old as that is allowed to be.
  const auto received = promised_.find({pair.job->from, pair.source});
  return received == promised_.end() ? std::nullopt : std::optional(received->second.newest_age);
}

std::optional<seconds> HealthJudge::run_interval(const Pair& pair) const {
  if (pair.job->every) return *pair.job->every + pair.job->delay.jitter;
  // One apply carries all hops out, as often as there is something new.
  const auto source = promised_.find({pair.job->from, pair.source});
  return source == promised_.end() ? std::nullopt : std::optional(source->second.run_interval);
}

seconds HealthJudge::source_age(const Pair& pair) const {
  return source_interval(pair).value_or(run_interval(pair).value_or(seconds(0)));
}

void HealthJudge::promise(HealthVerdict& v, const Pair& pair) const {
  const auto run = run_interval(pair);
  if (!run) return;
  v.promised_age = source_age(pair) + *run;
  v.critical_age = *v.promised_age + 2 * *run;
}

const Dataset* HealthJudge::copy_of(const Pair& pair) const {
  for (const Future* future : {&seen_.future, &planned_.future}) {
    const FutureDataset* target = future->find(pair.job->to, pair.target);
    if (target && target->was) return target->was;
  }
  return nullptr;
}

// A target that two sources claim is a conflict, which says all that there is to say.
void HealthJudge::judge_pairs() {
  for (const Node& node : nodes_in_order(seen_)) {
    std::vector<std::pair<const Pair*, const FutureDataset*>> pairs;
    for (const Pair& pair : node.incoming) {
      const FutureDataset* source = seen_.future.find(pair.job->from, pair.source);
      if (source && !stands_for_nothing(*source)) pairs.emplace_back(&pair, source);
    }
    if (pairs.size() == 1) judge_pair(*pairs.front().first, *pairs.front().second);
  }
}

void HealthJudge::judge_pair(const Pair& pair, const FutureDataset& source) {
  const FutureDataset target(pair.job->to, pair.target, copy_of(pair));
  if (const auto run = run_interval(pair)) {
    promised_.insert_or_assign({pair.job->to, pair.target}, Promise{source_age(pair) + *run, *run});
  }
  const Lineage lineage = compare(source, target);
  std::set<std::size_t> lag;
  for (const std::size_t i : lineage.source_only) {
    if (pair.job->snapshots.takes(source.version(i).name)) lag.insert(i);
  }
  if (lineage.base) {
    judge_copy(pair, source, target, lag, lineage.base->target);
    judge_base(pair, source, lineage.base->source);
  } else {
    judge_missing(pair, source, target, lag);
  }
}

void HealthJudge::judge_copy(const Pair& pair, const FutureDataset& source,
                             const FutureDataset& target, const std::set<std::size_t>& lag,
                             std::size_t base) {
  const Replication& job = *pair.job;
  const Version& newest = target.version(base);
  HealthVerdict v = verdict(HealthAspect::replication, job.to, pair.target, job.id, job.origin);
  promise(v, pair);
  v.age = age_of(newest);
  v.snapshots = lag.size();
  const std::string copy =
      fmt::format("the newest copy, {}, is {} old", newest.str(), rough_duration(*v.age));
  if (lag.empty()) {
    // What keeps the source from having more is judged there.
    v.message = fmt::format("{}, and {} has no younger", copy, where(source));
  } else {
    v.status = by_age(v, std::min(*v.age, waiting(source, lag) + source_age(pair)));
    v.message = fmt::format("{}, with {} of {} yet to be sent", copy,
                            count_of(lag.size(), "snapshot"), where(source));
  }
  if (v.promised_age) {
    v.message += fmt::format("; {} is promised", rough_duration(*v.promised_age));
  }
  conclude(std::move(v), pair, source, lag);
}

// Where no snapshots came for a while the copy is older, and that is no fault of replication: a
// target is late only by what it has been waiting for.
seconds HealthJudge::waiting(const FutureDataset& source, const std::set<std::size_t>& lag) const {
  seconds longest{};
  for (const std::size_t i : lag) longest = std::max(longest, age_of(source.version(i)));
  return longest;
}

// How long there has been something to send stands for the age of a copy.
void HealthJudge::judge_missing(const Pair& pair, const FutureDataset& source,
                                const FutureDataset& target, const std::set<std::size_t>& lag) {
  const Replication& job = *pair.job;
  HealthVerdict v = verdict(HealthAspect::replication, job.to, pair.target, job.id, job.origin);
  promise(v, pair);
  v.snapshots = lag.size();
  if (lag.empty()) {
    v.message = fmt::format("{} has nothing to send yet", where(source));
  } else {
    const bool late = !v.promised_age || waiting(source, lag) > *v.promised_age;
    // What takes days the first time is under way, or will be taken up.
    const bool begun = target.resume_token.has_value() || !v.promised_age;
    if (late) v.status = begun ? HealthStatus::warning : HealthStatus::critical;
    v.message = fmt::format(
        "never replicated: has no copy of {}, which has had {} to send for {}{}", where(source),
        count_of(lag.size(), "snapshot"), rough_duration(waiting(source, lag)),
        target.resume_token ? "; a stream of it has been received in part" : "");
    if (v.promised_age) {
      v.message += fmt::format("; {} is promised", rough_duration(*v.promised_age));
    }
  }
  conclude(std::move(v), pair, source, lag);
}

void HealthJudge::conclude(HealthVerdict v, const Pair& pair, const FutureDataset& source,
                           const std::set<std::size_t>& lag) {
  const Key key{source.host, source.name};
  if (v.status == HealthStatus::ok) {
    awaited_[key].insert(lag.begin(), lag.end());
  } else {
    v.help = help_to_run;
    for (const std::size_t i : lag) late_[key].emplace(i, pair.job->id);
  }
  if (policy_.acts_on(pair.job->id)) health_.verdicts.push_back(std::move(v));
}

// The targets are known by name, and no more.
void HealthJudge::judge_pairs_out_of_sight() {
  for (const Replication& job : policy_.replications) {
    const auto host = seen_.future.hosts().find(job.from);
    if (host == seen_.future.hosts().end() || seen_.future.reachable(job.to)) continue;
    for (const auto& [name, source] : host->second) {
      const auto target = job.target_of(name);
      if (!target || stands_for_nothing(source)) continue;
      HealthVerdict v = verdict(HealthAspect::replication, job.to, *target, job.id, job.origin);
      v.status = HealthStatus::unknown;
      v.message = fmt::format("{} is out of reach, so the copy of {} can't be judged", job.to.value,
                              where(source));
      if (policy_.acts_on(job.id)) health_.verdicts.push_back(std::move(v));
      // What is awaited while a target is away is no fault of a prune.
      auto& awaited = awaited_[{source.host, source.name}];
      for (const std::size_t i : source.snapshots()) {
        if (job.snapshots.takes(source.version(i).name)) awaited.insert(i);
      }
    }
  }
}

}  // namespace zr
