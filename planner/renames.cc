#include "planner/renames.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace zr {
namespace {

std::string where(const HostName& host, const DatasetName& name) {
  return host.value + ":" + name.str();
}
std::string where(const FutureDataset& dataset) { return where(dataset.host, dataset.name); }

std::size_t depth(const DatasetName& name) {
  return static_cast<std::size_t>(std::count(name.str().begin(), name.str().end(), '/'));
}

// The dataset and all that is below it.
std::vector<FutureDataset*> tree(Draft& draft, const FutureDataset& root) {
  auto& datasets = draft.future.hosts().at(root.host);
  std::vector<FutureDataset*> out;
  for (auto at = datasets.lower_bound(root.name);
       at != datasets.end() && at->first.is_within(root.name); ++at) {
    out.push_back(&at->second);
  }
  return out;
}

// One round: what the pairs want, as the renames of the rounds before leave it.
class Round {
 public:
  explicit Round(Draft& draft) : draft_(draft), copies_(draft), wanting_(copies_.wanting()) {
    for (const Wanting& w : wanting_) {
      for (const FutureDataset* former : w.former) claims_[former].push_back(&w);
    }
  }

  // Those nearest to the pool: what is below them moves with them. False: there are none.
  bool follow() {
    std::size_t nearest = std::numeric_limits<std::size_t>::max();
    std::vector<const Wanting*> clear;
    for (const Wanting& w : wanting_) {
      if (w.pair.job->on_rename != OnRename::follow || !is_clear(w)) continue;
      nearest = std::min(nearest, depth(w.pair.target));
      clear.push_back(&w);
    }
    for (const Wanting* w : clear) {
      if (depth(w->pair.target) == nearest && obstacle(*w).empty()) rename(*w);
    }
    return !clear.empty();
  }

  void report() {
    for (const Wanting& w : wanting_) {
      draft_.former_targets.emplace(std::pair(w.pair.job->id, w.pair.source), conflict(w));
    }
  }

 private:
  bool is_clear(const Wanting& w) const {
    return draft_.policy.acts_on(w.pair.job->id) && w.former.size() == 1 &&
           claims_.at(w.former[0]).size() == 1 && obstacle(w).empty();
  }

  // Why the one dataset can't have the target's name.
  std::string obstacle(const Wanting& w) const {
    const FutureDataset& former = *w.former[0];
    const DatasetName& target = w.pair.target;
    const FutureDataset* there = draft_.future.find(former.host, target);
    if (there && there->exists) {
      return there->placeholder ? "a placeholder has that name"
                                : "something was partially received by that name";
    }
    if (target.pool() != former.name.pool()) return "that is another pool";
    if (target.is_within(former.name)) return "that is below it";
    const FutureDataset* parent = draft_.future.above(former.host, target);
    if (parent->type == DatasetType::volume) return parent->name.str() + " is a volume";
    if (!encryption_allows(former, target)) return "ZFS keeps it where its encryption is from";
    return obstacle_below(former, target);
  }

  // A dataset whose key is another's stays below that one.
  bool encryption_allows(const FutureDataset& former, const DatasetName& target) const {
    const auto parent_name = target.parent();
    const FutureDataset* parent = draft_.future.find(former.host, *parent_name);
    const bool made = !parent || !parent->exists;  // a placeholder, which is plain
    const auto root = made || !parent->was ? std::nullopt : parent->was->encryption_root;
    return !former.encrypted || former.was->encryption_root == former.was->name ||
           former.was->encryption_root == root;
  }

  std::string obstacle_below(const FutureDataset& former, const DatasetName& target) const {
    for (const FutureDataset* d : tree(draft_, former)) {
      if (!d->exists) continue;
      const FutureDataset* source = d == &former ? nullptr : copies_.source_of(*d);
      if (source) {
        return fmt::format("{}, the copy of {}, is below it", d->name.str(), where(*source));
      }
      std::size_t longest = 0;
      for (std::size_t i = 0; i < d->size(); ++i) {
        longest = std::max(longest, d->version(i).str().size());
      }
      const std::string moved = target.append(d->name.below(former.name)).str();
      if (moved.size() + longest > max_zfs_name_bytes) {
        return fmt::format("the names of {} would be longer than ZFS allows", moved);
      }
    }
    return "";
  }

  void rename(const Wanting& w) {
    FutureDataset& former = *w.former[0];
    const Replication& job = *w.pair.job;
    const DatasetName from = former.name;
    const DatasetName to = w.pair.target;
    const Draft::Cause cause{job.id, job.origin};
    make_placeholders(draft_, cause, job.to, to);
    std::vector<StepRef> after;
    const auto wait_for = [&](const std::optional<StepRef>& step) {
      if (step) after.push_back(*step);
    };
    std::size_t below = 0;
    for (const FutureDataset* d : tree(draft_, former)) {
      wait_for(d->named_by);
      wait_for(d->created_by);
      if (d->exists && d != &former) ++below;
    }
    if (const FutureDataset* free = draft_.future.find(job.to, to)) wait_for(free->named_by);
    wait_for(draft_.future.above(job.to, to)->created_by);
    std::string reason = fmt::format("it is the copy of {}, and `on_rename follow`",
                                     where(w.source->host, w.source->name));
    if (below > 0) reason += fmt::format("; what is below it moves with it ({})", below);
    const StepRef step = draft_.add(cause, job.to, RenameDataset{from, to, former.was->guid},
                                    std::move(reason), std::move(after));
    draft_.future.rename(job.to, from, to, step);
  }

  FormerTargets conflict(const Wanting& w) const {
    const std::string source = where(w.source->host, w.source->name);
    const FutureDataset& first = *w.former[0];
    const std::string& target = w.pair.target.str();
    if (w.former.size() > 1) {
      std::string all = where(first);
      for (std::size_t i = 1; i < w.former.size(); ++i) all += " and " + where(*w.former[i]);
      return {w.former, fmt::format("is not there, and the history of {} is in {}", source, all),
              fmt::format("rename the one that is its copy to {}, and the others to where this "
                          "job sends nothing",
                          target)};
    }
    const std::string has_it =
        fmt::format("is not there, and {} has the history of {}", where(first), source);
    const std::string full = fmt::format(
        "; for a new full copy, rename {} to where this job sends nothing, or destroy it",
        first.name.str());
    if (const auto& claims = claims_.at(&first); claims.size() > 1) {
      const Wanting& other = *(claims[0] == &w ? claims[1] : claims[0]);
      return {w.former, fmt::format("{} and that of {}", has_it, where(*other.source)),
              fmt::format("rename it to the target of the one that it is the copy of{}", full)};
    }
    const std::string by_hand =
        fmt::format("zfs rename{} '{}' '{}'", first.type == DatasetType::volume ? "" : " -u",
                    first.name.str(), target);
    if (const std::string why = obstacle(w); !why.empty()) {
      return {w.former, fmt::format("{}, but can't be renamed: {}", has_it, why),
              "remove what stands in the way" + full};
    }
    return {w.former, has_it,
            fmt::format("set `on_rename follow`, or rename it by hand ({}){}", by_hand, full)};
  }

  Draft& draft_;
  const Copies copies_;
  const std::vector<Wanting> wanting_;
  std::map<const FutureDataset*, std::vector<const Wanting*>> claims_;
};

}  // namespace

void plan_renames(Draft& draft) {
  std::size_t most = 1;
  for (const auto& [host, datasets] : draft.future.hosts()) most += datasets.size();
  for (;;) {
    Round round(draft);
    if (most-- > 0 && round.follow()) continue;
    return round.report();
  }
}

}  // namespace zr
