// What retention lets go of, what stands in the way of that, and what each destroy waits for.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "planner/draft.h"
#include "planner/prune_view.h"

namespace zr {
namespace {

class Pruner {
 public:
  Pruner(Draft& draft, FutureDataset& dataset)
      : draft_(draft), dataset_(dataset), view_(draft.policy, dataset) {}

  void run() {
    if (view_.prunes().empty()) return;
    const Seconds now = floor<std::chrono::seconds>(draft_.now);
    const auto all = view_.doomed(now);
    if (!all.empty() && !dataset_.grown_by.empty()) {
      for (const Doomed& doomed : view_.doomed(now, Scope::observed)) {
        doomed_anyway_.insert(doomed.version);
      }
    }
    for (const Doomed& doomed : all) {
      const std::string obstacle = view_.obstacle(doomed.version, now);
      if (obstacle.empty()) {
        destroy(doomed);
      } else if (obstacle != PruneView::silent) {
        draft_.block({dataset_.host, dataset_.name, draft_.ref(dataset_, doomed.version),
                      doomed.prune->id, obstacle, doomed.prune->origin});
      }
    }
  }

 private:
  void destroy(const Doomed& doomed) {
    std::vector<StepRef> after = dataset_.uses(doomed.version);
    // The verdict rests on what arrives here in this plan, unless it would be the same without: a
    // full pool must be able to make room although nothing can be received.
    if (!doomed_anyway_.contains(doomed.version)) {
      after.insert(after.end(), dataset_.grown_by.begin(), dataset_.grown_by.end());
    }
    for (const Replication* job : dataset_.remembered_for(doomed.version))
      if (const auto left = leave_cursor(*job, doomed.version)) after.push_back(*left);
    draft_.add({doomed.prune->id, doomed.prune->origin}, dataset_.host,
               DestroyVersion{dataset_.name, draft_.ref(dataset_, doomed.version)}, doomed.reason,
               std::move(after));
  }

  // None where it is there already.
  std::optional<StepRef> leave_cursor(const Replication& job, std::size_t i) {
    const Cursor cursor{draft_.policy.site, job.id, dataset_.version(i).guid};
    if (dataset_.find_cursor(cursor)) return std::nullopt;
    return draft_.add(
        {job.id, job.origin}, dataset_.host,
        CreateBookmark{dataset_.name, draft_.ref(dataset_, i), cursor.str()},
        fmt::format("its snapshot goes, and may have landed on {}, which can't be reached",
                    job.to.value),
        dataset_.uses(i));
  }

  Draft& draft_;
  FutureDataset& dataset_;
  PruneView view_;
  std::set<std::size_t> doomed_anyway_;
};

}  // namespace

void plan_destroys(Draft& draft) {
  for (auto& [host, datasets] : draft.future.hosts()) {
    for (auto& [name, dataset] : datasets) {
      if (dataset.exists) Pruner(draft, dataset).run();
    }
  }
}

}  // namespace zr
