#include "planner/lineage.h"

#include <algorithm>
#include <utility>

namespace zr {
namespace {

// The source's versions by guid, a bookmark before a snapshot of the same guid.
class GuidIndex {
 public:
  explicit GuidIndex(std::span<const Version* const> versions) : versions_(versions) {
    for (std::size_t i = 0; i < versions.size(); ++i) order_.push_back(i);
    std::sort(order_.begin(), order_.end(),
              [this](std::size_t a, std::size_t b) { return key(a) < key(b); });
  }

  std::optional<std::size_t> preferred(Guid guid) const {
    auto past = std::upper_bound(order_.begin(), order_.end(), guid,
                                 [this](Guid g, std::size_t i) { return g < versions_[i]->guid; });
    if (past == order_.begin()) return std::nullopt;
    const std::size_t last = *std::prev(past);
    if (versions_[last]->guid != guid) return std::nullopt;
    return last;
  }

 private:
  std::tuple<Guid, VersionKind, std::size_t> key(std::size_t i) const {
    return {versions_[i]->guid, versions_[i]->kind, i};
  }

  std::span<const Version* const> versions_;
  std::vector<std::size_t> order_;
};

// ZFS sends nothing from a snapshot to another of the same transaction group.
std::vector<std::size_t> sendable_from(const Version* base,
                                       std::span<const Version* const> versions) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (!versions[i]->is_snapshot()) continue;
    if (!base || versions[i]->createtxg > base->createtxg) out.push_back(i);
  }
  return out;
}

// Those of its own transaction group, too, that come after it.
std::vector<std::size_t> snapshots_after(std::optional<std::size_t> base,
                                         std::span<const Version* const> versions) {
  std::vector<std::size_t> out;
  for (std::size_t i = base ? *base + 1 : 0; i < versions.size(); ++i)
    if (versions[i]->is_snapshot()) out.push_back(i);
  return out;
}

}  // namespace

Lineage compare(std::span<const Version* const> source, std::span<const Version* const> target) {
  const GuidIndex known(source);
  Lineage lineage;
  for (std::size_t i = target.size(); i-- > 0 && !lineage.base;) {
    if (!target[i]->is_snapshot()) continue;
    if (auto match = known.preferred(target[i]->guid)) lineage.base = {*match, i};
  }
  const auto& base = lineage.base;
  lineage.source_only = sendable_from(base ? source[base->source] : nullptr, source);
  lineage.target_only = snapshots_after(base ? std::optional(base->target) : std::nullopt, target);
  return lineage;
}

}  // namespace zr
