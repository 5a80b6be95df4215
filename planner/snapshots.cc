// Which datasets are due for a snapshot, and under what name.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "planner/draft.h"
#include "planner/slots.h"

namespace zr {
namespace {

using namespace std::chrono;

class Snapshotter {
 public:
  Snapshotter(Draft& draft, FutureDataset& dataset, const Autosnap& job)
      : draft_(draft), dataset_(dataset), job_(job) {}

  void run() {
    const auto newest = newest_with_prefix(dataset_, job_.prefix);
    const Seconds now = floor<seconds>(draft_.now);
    const Slots slots = slots_of(job_);
    if (newest && slots.of(dataset_.version(*newest).creation) >= slots.of(now)) {
      return;
    }
    const std::string name = snapshot_name(job_.prefix, draft_.now);
    const std::size_t bytes = dataset_.name.str().size() + 1 + name.size();
    if (bytes > max_zfs_name_bytes) {
      return conflict(ConflictKind::name_too_long,
                      fmt::format("{}@{} would have {} bytes, and ZFS allows {}",
                                  dataset_.name.str(), name, bytes, max_zfs_name_bytes),
                      "shorten the prefix");
    }
    if (const auto taken = dataset_.find(VersionKind::snapshot, name)) {
      dataset_.pin(*taken, "the conflict of " + job_.id.str() + " rests on it");
      return conflict(ConflictKind::name_taken, "there is a snapshot named @" + name + " already",
                      "rename or destroy it");
    }
    take(name, newest);
  }

 private:
  void take(const std::string& name, std::optional<std::size_t> newest) {
    const std::string reason =
        newest ? fmt::format("due: {} is of an earlier {}", dataset_.version(*newest).str(),
                             format_duration(job_.every))
               : fmt::format("due: there is none with the prefix {}", job_.prefix);
    std::vector<StepRef> after;
    if (received()) after = dataset_.grown_by;
    const StepRef step = draft_.add({job_.id, job_.origin}, dataset_.host,
                                    TakeSnapshot{dataset_.name, name}, reason, std::move(after));
    dataset_.add({VersionKind::snapshot,
                  name,
                  draft_.future.stand_in(),
                  CreateTxg{},
                  floor<seconds>(draft_.now),
                  dataset_.written_bytes,
                  {},
                  {}},
                 step, false);
    dataset_.written_bytes = 0;
  }

  // Something arrives here in this plan, which is waited for. (Where nothing does, the snapshots of
  // several jobs are ordered by order_snapshots, command by command.)
  bool received() const {
    return std::any_of(dataset_.grown_by.begin(), dataset_.grown_by.end(), [&](StepRef ref) {
      return std::holds_alternative<Recv>(draft_.action(ref));
    });
  }

  void conflict(ConflictKind kind, std::string message, std::string help) {
    draft_.conflict({kind, dataset_.host, dataset_.name.str(), job_.id, std::move(message),
                     std::move(help), job_.origin});
  }

  Draft& draft_;
  FutureDataset& dataset_;
  const Autosnap& job_;
};

std::vector<const Autosnap*> by_prefix(const Policy& policy) {
  std::vector<const Autosnap*> out;
  for (const Autosnap& job : policy.autosnaps) {
    if (policy.acts_on(job.id)) out.push_back(&job);
  }
  std::sort(out.begin(), out.end(), [](const Autosnap* a, const Autosnap* b) {
    return std::tie(a->prefix, a->id) < std::tie(b->prefix, b->id);
  });
  return out;
}

}  // namespace

void plan_snapshots(Draft& draft, const Node& node) {
  FutureDataset* dataset = draft.future.find(node.host, node.dataset);
  if (!dataset || !dataset->exists || dataset->placeholder) return;
  for (const Autosnap* job : by_prefix(draft.policy)) {
    if (job->on != node.host || !job->datasets.takes(node.dataset)) continue;
    Snapshotter(draft, *dataset, *job).run();
  }
}

// ZFS takes one snapshot of a dataset a command, and a pool's snapshots of one prefix are one
// command: so a prefix waits for the one before it on the whole pool. One edge to any of a
// command's steps is an edge to the command.
void order_snapshots(Draft& draft) {
  using Pool = std::pair<HostName, std::string>;
  std::map<Pool, std::map<JobId, std::vector<StepRef>>> commands;
  for (StepRef ref = 0; ref < draft.size(); ++ref) {
    const auto* take = std::get_if<TakeSnapshot>(&draft.action(ref));
    if (!take || !draft.starts_at_once(ref)) continue;
    commands[{draft.host(ref), std::string(take->dataset.pool())}][*draft.job(ref)].push_back(ref);
  }
  for (const auto& [pool, by_job] : commands) {
    const std::vector<StepRef>* earlier = nullptr;
    for (const Autosnap* job : by_prefix(draft.policy)) {
      const auto steps = by_job.find(job->id);
      if (steps == by_job.end()) continue;
      for (StepRef ref : steps->second) {
        if (earlier) draft.order(ref, earlier->front());
      }
      earlier = &steps->second;
    }
  }
}

}  // namespace zr
