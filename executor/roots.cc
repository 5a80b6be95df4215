#include "executor/roots.h"

#include <algorithm>
#include <set>

namespace zr {
namespace {

using Names = std::set<DatasetName>;

Names set_of(const std::vector<DatasetName>& names) { return {names.begin(), names.end()}; }

bool is_covered(const DatasetName& name, const Names& trees) {
  for (std::optional<DatasetName> at = name; at; at = at->parent()) {
    if (trees.contains(*at)) return true;
  }
  return false;
}

}  // namespace

bool is_empty(const Roots& roots) {
  return !roots.everything && roots.trees.empty() && roots.alone.empty();
}

Roots minimal(const Roots& roots) {
  Roots result;
  result.everything = roots.everything;
  if (roots.everything) return result;
  const Names trees = set_of(roots.trees);
  for (const DatasetName& tree : trees) {
    const auto parent = tree.parent();
    if (!parent || !is_covered(*parent, trees)) result.trees.push_back(tree);
  }
  const Names alone = set_of(roots.alone);
  for (const DatasetName& name : alone) {
    if (!is_covered(name, trees)) result.alone.push_back(name);
  }
  for (const DatasetName& name : set_of(roots.above)) {
    if (!alone.contains(name) && !is_covered(name, trees)) result.above.push_back(name);
  }
  return result;
}

std::vector<DatasetName> way_to_missing(const Roots& roots, const Inventory& found) {
  if (roots.everything || roots.above.empty()) return {};
  Names way;
  for (const auto* wanted : {&roots.trees, &roots.alone}) {
    for (const DatasetName& name : *wanted) {
      const Dataset* there = found.find(name);
      if (there != nullptr && !there->resume_token) continue;
      for (auto up = name.parent(); up && way.insert(*up).second; up = up->parent()) {
      }
    }
  }
  std::vector<DatasetName> result;
  std::copy_if(roots.above.begin(), roots.above.end(), std::back_inserter(result),
               [&](const DatasetName& name) { return way.contains(name); });
  return result;
}

}  // namespace zr
