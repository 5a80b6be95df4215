#include "executor/sim/sim_zfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "executor/sim/sim_changes.h"
#include "executor/sim/sim_datasets.h"
#include "executor/sim/sim_receive.h"
#include "executor/sim/sim_send.h"

namespace zr {
namespace {

bool wanted(const Roots& roots, const DatasetName& name) {
  if (roots.everything) return true;
  const auto covers = [&](const DatasetName& root) { return name.is_within(root); };
  return std::any_of(roots.trees.begin(), roots.trees.end(), covers) ||
         std::find(roots.alone.begin(), roots.alone.end(), name) != roots.alone.end();
}

std::string names_of(const World& world) {
  std::string all;
  for (const auto& [host, inventory] : world.hosts) {
    all += (all.empty() ? "'" : ", '") + host.value + "'";
  }
  return all.empty() ? "no hosts" : all;
}

}  // namespace

SimZfs::SimZfs(std::shared_ptr<SimFile> file, HostName host, SimOptions options)
    : file_(std::move(file)), host_(std::move(host)), options_(options) {}

Result<std::unique_ptr<SimZfs>> SimZfs::open(std::shared_ptr<SimFile> file, HostName host,
                                             SimOptions options) {
  std::unique_ptr<SimZfs> zfs(new SimZfs(std::move(file), std::move(host), options));
  const auto there = zfs->file_->look([&](const SimState& state) { return zfs->present(state); });
  if (!there) return there.error();
  return zfs;
}

Result<void> SimZfs::present(const SimState& state) const {
  if (state.world.hosts.contains(host_)) return {};
  return Error{Remedy::give_up, fmt::format("the sim file {} has no host '{}'; it has {}",
                                            file_->label(), host_.value, names_of(state.world))};
}

Result<Inventory> SimZfs::list(const Roots& asked) {
  const Roots roots = minimal(asked);
  Inventory found;
  std::vector<Dataset> above;
  const auto looked = file_->look([&](const SimState& state) -> Result<void> {
    if (auto there = present(state); !there) return there;
    for (const Dataset& d : state.world.hosts.at(host_).datasets) {
      if (wanted(roots, d.name)) found.datasets.push_back(as_listed(d));
    }
    for (const DatasetName& name : way_to_missing(roots, found)) {
      const Dataset* d = state.world.hosts.at(host_).find(name);
      if (d == nullptr) continue;
      above.push_back(as_listed(*d));
      above.back().versions.clear();
    }
    return {};
  });
  if (!looked) return looked.error();
  found.datasets.insert(found.datasets.end(), above.begin(), above.end());
  found.sort();
  return found;
}

Result<void> SimZfs::apply(std::span<const Change> changes) {
  return file_->change([&](SimState& state) -> Result<void> {
    if (auto there = present(state); !there) return there;
    const auto now = options_.now;
    return carry_out(SimHost{state, host_, now}, changes);
  });
}

Result<std::unique_ptr<SendStream>> SimZfs::send(const SendRequest& request) {
  return open_sim_send(file_, host_, request, options_.max_filler_bytes);
}

Result<std::unique_ptr<ReceiveStream>> SimZfs::receive(const ReceiveRequest& request) {
  return open_sim_receive(file_, host_, request, options_.now);
}

}  // namespace zr
