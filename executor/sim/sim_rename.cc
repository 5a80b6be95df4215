#include "executor/sim/sim_rename.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "executor/sim/sim_datasets.h"
#include "executor/sim/sim_error.h"

namespace zr {
namespace {

constexpr std::string_view doing = "rename";

// What a name within the one becomes; every other stays.
DatasetName moved(const DatasetName& name, const RenameDataset& c) {
  return name.is_within(c.dataset) ? c.to.append(name.below(c.dataset)) : name;
}

// "dataset@snapshot", or "dataset/%recv" for what is being received.
std::string moved_text(const std::string& text, const RenameDataset& c) {
  const std::string& old = c.dataset.str();
  const bool names_it =
      text.starts_with(old) &&
      (text.size() == old.size() || text[old.size()] == '/' || text[old.size()] == '@');
  return names_it ? c.to.str() + text.substr(old.size()) : text;
}

// ZFS wants an encrypted dataset to stay with the one that its key comes from.
bool encryption_allows(const Dataset& d, const Dataset& parent) {
  return !d.encrypted() || d.encryption_root == d.name ||
         d.encryption_root == parent.encryption_root;
}

Result<void> check_below(const SimHost& host, const RenameDataset& c) {
  for (const Dataset& d : host.pools().datasets) {
    if (!d.name.is_within(c.dataset)) continue;
    std::size_t longest = 0;
    for (const Version& v : d.versions) longest = std::max(longest, 1 + v.name.size());
    if (moved(d.name, c).str().size() + longest > max_zfs_name_bytes) {
      return refused(Remedy::give_up, doing, c.dataset.str(),
                     "name is too long; choose a shorter one");
    }
    const auto& use = host.state.use;
    const bool sending = std::any_of(use.sending.begin(), use.sending.end(), [&](const auto& s) {
      return s.host == host.name && s.dataset == d.name;
    });
    if (sending || use.receiving.contains({host.name, d.name})) {
      return refused(Remedy::retry, doing, c.dataset.str(), "dataset is busy; a stream uses it");
    }
  }
  return {};
}

Result<void> may_rename(const SimHost& host, const Dataset& d, const RenameDataset& c) {
  const std::string& name = c.dataset.str();
  if (c.to.pool() != c.dataset.pool()) {
    return refused(Remedy::give_up, doing, name,
                   "datasets must be within same pool; send it there instead");
  }
  if (c.to.is_within(c.dataset)) {
    return refused(Remedy::give_up, doing, name,
                   "New dataset name cannot be a descendant of current dataset name; choose "
                   "another");
  }
  if (host.find(c.to) != nullptr) {
    return refused(Remedy::replan, doing, name,
                   fmt::format("dataset already exists; '{}' is there, plan again", c.to.str()));
  }
  const auto parent = parent_for(doing, host, c.to);
  if (!parent) return parent.error();
  if (!encryption_allows(d, **parent)) {
    return refused(Remedy::give_up, doing, name,
                   "cannot move encrypted child outside of its encryption root; send it in full "
                   "instead");
  }
  return check_below(host, c);
}

}  // namespace

Result<void> carry_out(const SimHost& host, const RenameDataset& c) {
  const Dataset* d = host.find(c.dataset);
  const Dataset* there = host.find(c.to);
  if (d == nullptr && there != nullptr && there->guid == c.guid) return {};
  if (d == nullptr) return dataset_gone(doing, c.dataset);
  if (d->guid != c.guid) {
    return refused(Remedy::replan, doing, c.dataset.str(),
                   fmt::format("its guid is {} and not {} as planned; plan again", d->guid.value,
                               c.guid.value));
  }
  if (auto may = may_rename(host, *d, c); !may) return may;
  for (Dataset& other : host.pools().datasets) {
    other.name = moved(other.name, c);
    if (other.encryption_root) other.encryption_root = moved(*other.encryption_root, c);
    if (other.origin) other.origin = moved_text(*other.origin, c);
    for (Version& v : other.versions) {
      for (std::string& clone : v.clones) clone = moved_text(clone, c);
    }
  }
  host.pools().sort();
  host.next_txg(c.to);
  host.state.touched = true;
  return {};
}

}  // namespace zr
