// A clone is sent from its origin where the target has that, and is then a clone there too.
#include <fmt/format.h>

#include "planner/replication.h"

namespace zr {
namespace {

using Origin = FutureDataset::Origin;

std::optional<Origin> origin_of(const Future& future, const FutureDataset& clone) {
  if (clone.clone_of || !clone.was || !clone.was->origin) return clone.clone_of;
  const std::string_view text = *clone.was->origin;
  const auto at = text.find('@');
  const auto dataset = DatasetName::parse(text.substr(0, at));
  if (at == text.npos || !dataset) return {};
  return Origin{future.renamed(clone.host, *dataset), std::string(text.substr(at + 1))};
}

}  // namespace

std::optional<DatasetName> origin_dataset(const Future& future, const FutureDataset& clone) {
  auto origin = origin_of(future, clone);
  if (!origin) return {};
  return std::move(origin->dataset);
}

// Only what this job has sent counts as the origin's copy. ZFS makes a clone in the pool of its
// origin, encrypted as that is, and not in the place of a placeholder.
std::optional<PairPlanner::CloneBase> PairPlanner::clone_base() const {
  const auto origin = origin_of(draft_.future, source_);
  if (!origin) return {};
  const DatasetName& name = origin->dataset;
  const FutureDataset* base = draft_.future.find(source_.host, name);
  const auto to = job_.target_of(name);
  FutureDataset* copy = to ? draft_.future.find(target_.host, *to) : nullptr;
  if (!base || !copy || !copy->exists || copy->name.pool() != target_.name.pool()) return {};
  if (base->encrypted != source_.encrypted || copy->encrypted != source_.encrypted) return {};
  const auto from = base->find(VersionKind::snapshot, origin->snapshot);
  const auto there = from ? copy->find_snapshot(base->version(*from).guid) : std::nullopt;
  if (!there) return {};
  return CloneBase{base, *from, copy, *there};
}

void PairPlanner::begin_from_origin(Send& send, Recv& recv,
                                    std::vector<StepRef>& before_receive) const {
  const auto [base, from, copy, there] = *clone_of_;
  send.from = draft_.ref(*base, from);
  send.clone_of = base->name;
  recv.clone_of = CloneOrigin{copy->name, draft_.ref(*copy, there)};
  for (const auto& step : {copy->made_by(there), copy->created_by, copy->named_by}) {
    if (step) before_receive.push_back(*step);
  }
}

}  // namespace zr
