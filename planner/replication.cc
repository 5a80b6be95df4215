#include "planner/replication.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner/resume_token.h"

namespace zr {

PairPlanner::PairPlanner(Draft& draft, const Pair& pair, FutureDataset& source,
                         FutureDataset& target)
    : draft_(draft),
      job_(*pair.job),
      pair_(pair),
      cause_{pair.job->id, pair.job->origin},
      source_(source),
      target_(target),
      last_(target.created_by) {}

void PairPlanner::run() {
  if (!source_.exists) return;
  look();
  if (!draft_.policy.acts_on(job_.id)) return pin_inactive();
  if (lineage_.base) mark(lineage_.base->source, lineage_.base->target);
  if (target_.resume_token && !resume()) return;

  if (!target_.exists || (target_.placeholder && !target_.newest_snapshot())) return initial();
  if (!target_.newest_snapshot()) {
    if (selected().empty()) return;
    return conflict(ConflictKind::target_exists,
                    "the target is there already, and nothing of it was ever received",
                    "rename or destroy it, or map the source to another target");
  }
  if (!lineage_.base) {
    if (selected().empty()) return;
    rest_on(target_, *target_.newest_snapshot());
    return conflict(ConflictKind::no_common_snapshot,
                    fmt::format("none of the target's snapshots is left on {}", where()),
                    "rename the target out of the way for a new full copy, or bring a common "
                    "snapshot back to the source");
  }
  incremental();
}

void PairPlanner::collide(const std::string& others) {
  look();
  if (!draft_.policy.acts_on(job_.id)) return pin_inactive();
  if (lineage_.base) mark(lineage_.base->source, lineage_.base->target);
  conflict(ConflictKind::target_collision,
           fmt::format("{} would be sent here, and so would {}", where(), others),
           "map them to different targets");
}

void PairPlanner::look() { lineage_ = compare(source_, target_); }

PairPlanner::Selection PairPlanner::selected() const {
  Selection out = source_.snapshots();
  std::erase_if(out, [&](std::size_t i) { return !job_.snapshots.takes(source_.version(i).name); });
  return out;
}

PairPlanner::Selection PairPlanner::younger_selected() const {
  Selection out = lineage_.source_only;
  std::erase_if(out, [&](std::size_t i) { return !job_.snapshots.takes(source_.version(i).name); });
  return out;
}

void PairPlanner::initial() {
  Selection all = selected();
  if (all.empty() || renamed()) return;
  if (job_.initial == Initial::fail) {
    return conflict(
        ConflictKind::initial_refused,
        fmt::format("{} has no copy here, and `initial fail` sends no first one", where()),
        "set `initial most_recent` or `initial all`, or make the first copy by hand");
  }
  if (job_.initial == Initial::most_recent) all = {all.back()};
  if (!fits(all) || !volume_fits() || !make_parents()) return;
  if (!target_.exists) clone_of_ = clone_base();
  stream(std::nullopt, all);
}

bool PairPlanner::renamed() {
  const auto found = draft_.former_targets.find({job_.id, source_.name});
  if (found == draft_.former_targets.end()) return false;
  const FormerTargets& former = found->second;
  for (FutureDataset* dataset : former.datasets) {
    const auto base = compare(source_, *dataset).base;
    if (!base) continue;
    rest_on(*dataset, base->target);
    if (!cursor_of(source_.version(base->source).guid)) rest_on(source_, base->source);
  }
  conflict(ConflictKind::renamed, former.message, former.help);
  return true;
}

void PairPlanner::incremental() {
  const Selection younger = younger_selected();
  if (younger.empty()) return settle(lineage_.base->source, lineage_.base->target);
  if (fits(younger) && clear_target()) stream(lineage_.base->source, younger);
}

bool PairPlanner::clear_target() {
  const bool diverged = !lineage_.target_only.empty();
  if (!diverged && target_.written_bytes == 0) return true;
  const std::string base = target_.version(lineage_.base->target).str();
  if (job_.on_diverged == OnDiverged::rollback) {
    const std::string obstacle = rollback_obstacle();
    if (obstacle.empty()) {
      roll_back();
      return true;
    }
    for (std::size_t i : lineage_.target_only) rest_on(target_, i);
    conflict(
        ConflictKind::diverged, fmt::format("can't be rolled back to {}: {}", base, obstacle),
        "remove what stands in the way, or, for a new full copy, rename the target to where this "
        "job sends nothing");
    return false;
  }
  if (diverged) {
    for (std::size_t i : lineage_.target_only) rest_on(target_, i);
    conflict(
        ConflictKind::diverged,
        fmt::format("has {} of its own since {}, the newest that it has in common with {}: {}",
                    lineage_.target_only.size() == 1 ? "a snapshot" : "snapshots", base, where(),
                    target_.version(lineage_.target_only.front()).str()),
        "set `on_diverged rollback` to lose them, or, for a new full copy, rename the target to "
        "where this job sends nothing");
    return false;
  }
  conflict(ConflictKind::target_modified, fmt::format("was written to since {} was received", base),
           "set `on_diverged rollback` to lose what was written, or roll it back by hand; set "
           "readonly=on on targets");
  return false;
}

// Whether a hold is this job's own or one that this plan cleans up anyway.
bool PairPlanner::may_release(const std::string& tag) const {
  const auto mark = TargetHold::parse(tag);
  return tag == hold().str() || (mark && draft_.tidies(mark->site, mark->job));
}

std::string PairPlanner::rollback_obstacle() const {
  for (std::size_t i : younger_than_base()) {
    const Version& version = target_.version(i);
    if (const auto pinned = target_.pinned(i)) {
      return fmt::format("{} is needed: {}", version.str(), *pinned);
    }
    if (const auto jobs = target_.remembered_for(i); !jobs.empty()) {
      return version.str() + " " + may_be_the_base(*jobs.front(), jobs.front()->to);
    }
    const auto cursor = Cursor::parse(version.name);
    if (!version.is_snapshot() && cursor && !draft_.tidies(cursor->site, cursor->job)) {
      return fmt::format("{} is the cursor of a further replication", version.str());
    }
    if (!version.is_snapshot()) continue;
    if (const auto clones = target_.clones(i); !clones.empty()) {
      return fmt::format("{} has the clone {}", version.str(), clones.front());
    }
    for (const FutureHold& held : target_.holds(i)) {
      if (!may_release(held.tag)) return fmt::format("{} is held by {}", version.str(), held.tag);
    }
    if (draft_.policy.protects_snapshot(target_.host, target_.name, version.name)) {
      return fmt::format("{} is protected", version.str());
    }
  }
  return further_base_obstacle();
}

// The target may be a source too, of a copy that would then have nothing in common with it.
std::string PairPlanner::further_base_obstacle() const {
  const CreateTxg base = target_.version(lineage_.base->target).createtxg;
  for (const Replication& job : draft_.policy.replications) {
    const auto to = job.from == target_.host ? job.target_of(target_.name) : std::nullopt;
    const FutureDataset* copy = to ? draft_.future.find(job.to, *to) : nullptr;
    if (!copy || copy == &target_) continue;
    const auto further = compare(target_, *copy).base;
    if (further && target_.version(further->source).createtxg > base) {
      return fmt::format("{} is the incremental base of {}", target_.version(further->source).str(),
                         job.id.str());
    }
  }
  return "";
}

std::vector<std::size_t> PairPlanner::younger_than_base() const {
  const Version& base = target_.version(lineage_.base->target);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < target_.size(); ++i) {
    const bool younger = target_.version(i).createtxg > base.createtxg ||
                         (i > lineage_.base->target && target_.version(i).is_snapshot());
    if (target_.alive(i) && younger) out.push_back(i);
  }
  return out;
}

bool PairPlanner::is_target_only(std::size_t version) const {
  return std::find(lineage_.target_only.begin(), lineage_.target_only.end(), version) !=
         lineage_.target_only.end();
}

void PairPlanner::roll_back() {
  const std::size_t base = lineage_.base->target;
  Rollback action{target_.name, draft_.ref(target_, base), {}};
  std::vector<StepRef> after;
  if (last_) after.push_back(*last_);
  for (std::size_t i : younger_than_base()) {
    for (const FutureHold& held : target_.holds(i)) {
      const StepRef released = draft_.add(
          cause_, target_.host, ReleaseHold{target_.name, draft_.ref(target_, i), held.tag},
          "its snapshot is about to be rolled back", {});
      after.push_back(released);
      target_.release_hold(i, held.tag, released);
    }
    if (auto made = target_.made_by(i)) after.push_back(*made);
    action.destroys.push_back(draft_.ref(target_, i));
    target_.remove(i);
  }
  const std::string reason =
      action.destroys.empty()
          ? "written to since " + action.to.str() + ", and `on_diverged rollback`"
          : fmt::format("diverged from {} since {}, and `on_diverged rollback`", where(),
                        action.to.str());
  last_ = draft_.add(cause_, target_.host, std::move(action), reason, std::move(after));
  target_.use(base, *last_);
  target_.written_bytes = 0;
  lineage_.target_only.clear();
}

bool PairPlanner::fits(const Selection& carried) { return encryption_fits() && names_fit(carried); }

void PairPlanner::pin_inactive() {
  const std::string name = job_.id.str();
  if (lineage_.base) {
    const auto [source, target] = *lineage_.base;
    target_.pin(target, "the incremental base of " + name);
    if (source_.version(source).is_snapshot() && !cursor_of(source_.version(source).guid)) {
      source_.pin(source, "the incremental base of " + name);
    }
  }
  if (target_.resume_token) {
    const auto token = decode(*target_.resume_token);
    const auto needed = token ? source_.find_snapshot(token->toguid) : std::nullopt;
    if (needed) source_.pin(*needed, "needed to resume " + name);
  }
  await(lineage_.base ? younger_selected() : selected());
}

void PairPlanner::await(const Selection& snapshots) {
  for (std::size_t i : snapshots) source_.await(i);
}

void PairPlanner::conflict(ConflictKind kind, std::string message, std::string help) {
  rest_on_newest_selected();
  if (lineage_.base) {
    const auto [source, target] = *lineage_.base;
    rest_on(target_, target);
    if (!cursor_of(source_.version(source).guid)) rest_on(source_, source);
  }
  await(lineage_.base ? younger_selected() : selected());
  draft_.conflict({kind, target_.host, target_.name.str(), job_.id, std::move(message),
                   std::move(help), job_.origin});
}

// The next plan is to see the same conflict.
void PairPlanner::rest_on(FutureDataset& dataset, std::size_t version) {
  dataset.pin(version, fmt::format("the conflict of {} at {}:{} rests on it", job_.id.str(),
                                   target_.host.value, target_.name.str()));
}

void PairPlanner::rest_on_newest_selected() {
  const Selection all = selected();
  if (!all.empty()) rest_on(source_, all.back());
}

std::string PairPlanner::where() const { return source_.host.value + ":" + source_.name.str(); }

void plan_incoming(Draft& draft, const Node& node) {
  std::vector<Pair> pairs;
  for (const Pair& pair : node.incoming) {
    const FutureDataset* source = draft.future.find(pair.job->from, pair.source);
    // A placeholder stands for nothing: it is there because of what is below it.
    if (source && source->exists && !(source->placeholder && !source->newest_snapshot())) {
      pairs.push_back(pair);
    }
  }
  for (const Pair& pair : pairs) {
    FutureDataset& source = *draft.future.find(pair.job->from, pair.source);
    PairPlanner planner(draft, pair, source, draft.future.at(node.host, node.dataset));
    if (pairs.size() == 1) return planner.run();
    std::string others;
    for (const Pair& other : pairs) {
      if (other == pair) continue;
      if (!others.empty()) others += " and ";
      others += other.job->from.value + ":" + other.source.str();
    }
    planner.collide(others);
  }
}

}  // namespace zr
