#include "executor/zfs/cli_zfs_list.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "executor/zfs/cli_zfs_probe.h"
#include "executor/zfs/zfs_argv.h"
#include "executor/zfs/zfs_listing.h"

namespace zr {
namespace {

std::vector<std::string> names_of(const std::vector<DatasetName>& datasets) {
  std::vector<std::string> names;
  names.reserve(datasets.size());
  for (const DatasetName& dataset : datasets) names.push_back(dataset.str());
  return names;
}

void append(std::vector<Argv>& to, std::vector<Argv> more) {
  to.insert(to.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

std::vector<Argv> dataset_commands(const Roots& roots, const ArgvLimits& limits) {
  if (roots.everything) return get_datasets({}, true, limits);
  if (roots.trees.empty()) return get_datasets(names_of(roots.alone), false, limits);
  if (roots.alone.empty()) return get_datasets(names_of(roots.trees), true, limits);
  Roots both;
  both.trees = roots.trees;
  both.trees.insert(both.trees.end(), roots.alone.begin(), roots.alone.end());
  return get_datasets(names_of(minimal(both).trees), true, limits);
}

std::vector<Argv> version_commands(const Roots& roots, const Inventory& inventory,
                                   const ArgvLimits& limits) {
  std::vector<std::string> names;
  for (const Dataset& dataset : inventory.datasets) names.push_back(dataset.name.str());
  auto commands = list_versions(names, false, limits);
  if (commands.size() == 1) return commands;
  if (roots.everything) return list_versions({}, true, limits);
  commands.clear();
  if (!roots.trees.empty()) commands = list_versions(names_of(roots.trees), true, limits);
  if (!roots.alone.empty()) {
    append(commands, list_versions(names_of(roots.alone), false, limits));
  }
  return commands;
}

// Leaves what was asked for. The roots are minimal.
void leave_wanted(const Roots& roots, Inventory& inventory) {
  const std::set<DatasetName> trees(roots.trees.begin(), roots.trees.end());
  const std::set<DatasetName> alone(roots.alone.begin(), roots.alone.end());
  std::erase_if(inventory.datasets, [&](const Dataset& dataset) {
    if (alone.contains(dataset.name)) return false;
    // The only tree that it can be in is the last that does not come after it.
    const auto after = trees.upper_bound(dataset.name);
    return after == trees.begin() || !dataset.name.is_within(*std::prev(after));
  });
}

Result<Inventory> read_datasets(const ZfsCommand& zfs, const std::vector<Argv>& commands) {
  DatasetReader datasets;
  const auto read = zfs.read(commands, [&](std::string_view text) { return datasets.feed(text); });
  if (!read) return read.error();
  return datasets.finish();
}

void place_tags(const Holds& holds, Inventory& inventory) {
  for (const auto& [name, snapshots] : holds) {
    const auto parsed = DatasetName::parse(name);
    Dataset* dataset = parsed ? inventory.find(*parsed) : nullptr;
    if (dataset == nullptr) continue;
    for (Version& version : dataset->versions) {
      if (!version.is_snapshot()) continue;
      const auto tags = snapshots.find(version.name);
      if (tags != snapshots.end()) version.holds = tags->second;
    }
  }
}

Result<Inventory> list_versions_of(const ZfsCommand& zfs,
                                   const std::vector<DatasetName>& datasets) {
  Inventory inventory;
  inventory.datasets.reserve(datasets.size());
  for (const DatasetName& dataset : datasets) inventory.datasets.emplace_back(dataset);
  inventory.sort();
  const auto held =
      read_versions(zfs, list_versions(names_of(datasets), false, zfs.argv_limits()), inventory);
  if (!held) return held.error();
  std::erase_if(inventory.datasets,
                [](const Dataset& dataset) { return dataset.versions.empty(); });
  return inventory;
}

Result<void> add_versions(const ZfsCommand& zfs, const Roots& roots, Inventory& inventory) {
  const auto held =
      read_versions(zfs, version_commands(roots, inventory, zfs.argv_limits()), inventory);
  if (!held) return held.error();
  if (held->empty()) return {};
  const auto holds = look_up_holds(zfs, *held);
  if (!holds) return holds.error();
  place_tags(*holds, inventory);
  return {};
}

}  // namespace

Result<Inventory> list_inventory(const ZfsCommand& zfs, const Roots& asked) {
  if (asked.versions_only) return list_versions_of(zfs, asked.alone);
  const Roots roots = minimal(asked);
  if (is_empty(roots)) return Inventory{};

  std::vector<Dataset> above;
  auto inventory = read_datasets(zfs, dataset_commands(roots, zfs.argv_limits()));
  if (!inventory) return inventory.error();
  if (!roots.everything) leave_wanted(roots, *inventory);
  if (const auto way = way_to_missing(roots, *inventory); !way.empty()) {
    auto found = read_datasets(zfs, get_datasets(names_of(way), false, zfs.argv_limits()));
    if (!found) return found.error();
    above = std::move(found->datasets);
  }

  if (!inventory->datasets.empty()) {
    if (auto filled = add_versions(zfs, roots, *inventory); !filled) return filled.error();
  }
  auto& all = inventory->datasets;
  all.insert(all.end(), std::move_iterator(above.begin()), std::move_iterator(above.end()));
  inventory->sort();
  return inventory;
}

}  // namespace zr
