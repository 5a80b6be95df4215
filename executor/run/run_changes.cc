#include <optional>
#include <span>
#include <utility>

#include "executor/run/run_work.h"

namespace zr {
namespace {

struct Task {
  StepId step;
  Change change;
};

// Carries out what a batch consists of, and gathers how each step ended.
class Batch {
 public:
  Batch(const RunContext& context, StepId first)
      : context_(context),
        host_(context.plan.step(first).host),
        lease_(context.connections, host_),
        attempts_(context.patience, first) {}

  void add(StepId step) {
    auto change = context_.guids.change_of(context_.plan.step(step));
    if (change) {
      tasks_.push_back({step, *std::move(change)});
    } else {
      ends_.push_back(failure(context_, step, change.error()));
    }
  }

  std::vector<event::StepEnded> run() {
    if (tasks_.size() > 1 && all_at_once()) {
      for (const Task& task : tasks_) done(task);
      return std::move(ends_);
    }
    while (!tasks_.empty()) {
      tasks_ = one_by_one();
      if (tasks_.empty() || attempts_.again(*passing_fault_)) continue;
      fail_all(tasks_, *passing_fault_);
      break;
    }
    return std::move(ends_);
  }

 private:
  bool all_at_once() {
    std::vector<Change> changes;
    changes.reserve(tasks_.size());
    for (const Task& task : tasks_) changes.push_back(task.change);
    return apply(changes).has_value();
  }

  // One pass. Returns what is worth another one.
  std::vector<Task> one_by_one() {
    if (const auto zfs = lease_.zfs(); !zfs) {  // known once, not once a task
      passing_fault_ = zfs.error();
      return std::move(tasks_);
    }
    std::vector<Task> again;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      const Task& task = tasks_[i];
      const Result<void> result = context_.patience.stopped()
                                      ? Error{Remedy::replan, "not done: the run was interrupted"}
                                      : apply(std::span(&task.change, 1));
      if (result) {
        done(task);
      } else if (result.error().remedy == Remedy::reconnect) {  // and that was tried once
        passing_fault_ = result.error();
        const auto rest = tasks_.begin() + static_cast<std::ptrdiff_t>(i);
        again.insert(again.end(), rest, tasks_.end());
        break;
      } else if (result.error().remedy == Remedy::retry) {
        passing_fault_ = result.error();
        again.push_back(task);
      } else {
        ends_.push_back(failure(context_, task.step, result.error()));
      }
    }
    return again;
  }

  Result<void> apply(std::span<const Change> changes) {
    return over_connection(lease_, [&](Zfs& zfs) { return zfs.apply(changes); });
  }

  void done(const Task& task) {
    event::StepEnded end{task.step, event::Outcome::done, {}};
    if (const auto* bookmark = std::get_if<CreateBookmark>(&task.change)) {
      end.guid = bookmark->of.guid;
      context_.guids.learn(host_, bookmark->dataset, VersionKind::bookmark, bookmark->bookmark,
                           *bookmark->of.guid);
    }
    ends_.push_back(std::move(end));
  }

  void fail_all(std::span<const Task> tasks, const Error& error) {
    for (const Task& task : tasks) ends_.push_back(failure(context_, task.step, error));
  }

  const RunContext& context_;
  const HostName& host_;
  Lease lease_;
  Attempts attempts_;
  std::vector<Task> tasks_;
  std::optional<Error> passing_fault_;
  std::vector<event::StepEnded> ends_;
};

}  // namespace

event::StepEnded failure(const RunContext& context, StepId step, const Error& error) {
  const bool stopped = context.patience.stopped();
  return {step,
          stopped ? event::Outcome::interrupted : event::Outcome::failed,
          error.message,
          {},
          error.remedy};
}

std::vector<event::StepEnded> run_changes(const RunContext& context, const Unit& unit) {
  Batch batch(context, unit.steps.front());
  for (const StepId step : unit.steps) batch.add(step);
  return batch.run();
}

}  // namespace zr
