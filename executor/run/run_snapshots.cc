#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "executor/run/run_work.h"

namespace zr {
namespace {

using Steps = std::vector<StepId>;
using Ends = std::vector<event::StepEnded>;

class Snapshots {
 public:
  Snapshots(const RunContext& context, const Unit& unit)
      : context_(context),
        host_(context.plan.step(unit.steps.front()).host),
        lease_(context.connections, host_),
        attempts_(context.patience, unit.steps.front()),
        steps_(unit.steps) {}

  Ends run() {
    Result<void> taken = take();
    if (!taken && !context_.patience.stopped() && leave_out_vanished() && !steps_.empty()) {
      taken = take();
    }
    for (const StepId step : steps_) {
      ends_.push_back(taken ? event::StepEnded{step, event::Outcome::done, {}}
                            : failure(context_, step, taken.error()));
    }
    if (taken && !steps_.empty()) learn_guids();
    return std::move(ends_);
  }

 private:
  const TakeSnapshot& snapshot(StepId step) const {
    return std::get<TakeSnapshot>(context_.plan.step(step).action);
  }

  Result<void> take() {
    std::vector<Change> changes;
    changes.reserve(steps_.size());
    for (const StepId step : steps_) changes.emplace_back(snapshot(step));
    return persistently(lease_, attempts_, [&](Zfs& zfs) { return zfs.apply(changes); });
  }

  Result<Inventory> list(const Steps& steps, bool versions_only) {
    Roots roots;
    roots.versions_only = versions_only;
    for (const StepId step : steps) roots.alone.push_back(snapshot(step).dataset);
    return persistently(lease_, attempts_, [&](Zfs& zfs) { return zfs.list(roots); });
  }

  // True when there were some: one dataset that is gone must not keep the others from being
  // snapshotted together.
  bool leave_out_vanished() {
    const auto there = list(steps_, false);
    if (!there) return false;
    const auto gone = std::stable_partition(steps_.begin(), steps_.end(), [&](StepId step) {
      return there->find(snapshot(step).dataset) != nullptr;
    });
    const bool some = gone != steps_.end();
    for (auto step = gone; step != steps_.end(); ++step) {
      const std::string message = fmt::format("{}:{} does not exist any more; plan again",
                                              host_.value, snapshot(*step).dataset.str());
      ends_.push_back(failure(context_, *step, {Remedy::replan, message}));
    }
    steps_.erase(gone, steps_.end());
    return some;
  }

  bool wanted(StepId step) const {
    const auto& [dataset, name] = snapshot(step);
    return context_.guids.wants(host_, dataset, VersionKind::snapshot, name);
  }

  // Of those that later steps refer to.
  void learn_guids() {
    Steps asked;
    std::copy_if(steps_.begin(), steps_.end(), std::back_inserter(asked),
                 [&](StepId step) { return wanted(step); });
    if (asked.empty()) return;
    const auto listed = list(asked, true);
    for (event::StepEnded& end : ends_) {
      if (end.outcome == event::Outcome::done && wanted(end.step)) check(end, listed);
    }
  }

  void check(event::StepEnded& end, const Result<Inventory>& listed) {
    if (!listed) {
      end.message = "taken, but its guid could not be learned: " + listed.error().message;
      return;
    }
    const auto& [dataset, name] = snapshot(end.step);
    const Dataset* found = listed->find(dataset);
    const Version* version = found ? found->find(VersionKind::snapshot, name) : nullptr;
    if (version) {
      end.guid = version->guid;
      context_.guids.learn(host_, dataset, VersionKind::snapshot, name, version->guid);
    } else {
      end = failure(context_, end.step,
                    {Remedy::replan, fmt::format("{}:{}@{} was taken, and is gone; plan again",
                                                 host_.value, dataset.str(), name)});
    }
  }

  const RunContext& context_;
  const HostName& host_;
  Lease lease_;
  Attempts attempts_;
  Steps steps_;
  Ends ends_;
};

}  // namespace

std::vector<event::StepEnded> run_snapshots(const RunContext& context, const Unit& unit) {
  return Snapshots(context, unit).run();
}

}  // namespace zr
