#include "executor/sim/sim_datasets.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "executor/sim/sim_error.h"
#include "planner/resume_token.h"

namespace zr {
namespace {

std::uint64_t add(std::uint64_t a, std::uint64_t b) {
  const auto most = std::numeric_limits<std::uint64_t>::max();
  return a > most - b ? most : a + b;
}

}  // namespace

Result<const Dataset*> parent_for(std::string_view doing, const SimHost& host,
                                  const DatasetName& name) {
  const auto parent_name = name.parent();
  const auto pool = DatasetName::parse(name.pool());
  if (!parent_name || host.find(*pool) == nullptr) {
    return refused(Remedy::give_up, doing, name.str(),
                   fmt::format("no such pool '{}'; create it first", name.pool()));
  }
  const Dataset* parent = host.find(*parent_name);
  if (parent == nullptr) {
    return refused(Remedy::replan, doing, name.str(),
                   fmt::format("parent '{}' does not exist; plan again", parent_name->str()));
  }
  if (parent->type != DatasetType::filesystem) {
    return refused(Remedy::give_up, doing, name.str(), "parent is not a filesystem");
  }
  return parent;
}

Dataset new_below(const Dataset& parent, const DatasetName& name) {
  Dataset made(name);
  made.compresses = parent.compresses;
  return made;
}

bool inherit_encryption(Dataset& made, const Dataset& parent) {
  if (parent.encrypted() && parent.key_status != KeyStatus::available) return false;
  made.encryption_root = parent.encryption_root;
  made.key_status = parent.key_status;
  return true;
}

void add_dataset(const SimHost& host, Dataset made) {
  if (made.guid == Guid()) {
    made.guid = host.state.numbers.fresh_guid(host.name, made.name.str(), host.next_txg(made.name),
                                              host.now, host.state.world);
  }
  auto& all = host.pools().datasets;
  const auto at =
      std::lower_bound(all.begin(), all.end(), made.name,
                       [](const Dataset& d, const DatasetName& n) { return d.name < n; });
  all.insert(at, std::move(made));
  host.state.touched = true;
}

void insert_version(Dataset& d, Version v) {
  const auto order = [](const Version& x) { return std::tie(x.createtxg, x.kind, x.name); };
  const auto at =
      std::lower_bound(d.versions.begin(), d.versions.end(), v,
                       [&](const Version& a, const Version& b) { return order(a) < order(b); });
  d.versions.insert(at, std::move(v));
}

void erase_version(Dataset& d, std::size_t index) {
  const auto at = d.versions.begin() + static_cast<std::ptrdiff_t>(index);
  if (at->is_snapshot()) {
    const auto next =
        std::find_if(at + 1, d.versions.end(), [](const Version& v) { return v.is_snapshot(); });
    std::uint64_t& heir = next == d.versions.end() ? d.written_bytes : next->bytes;
    heir = add(heir, at->bytes);
  }
  d.versions.erase(at);
}

Version* origin_of(const SimHost& host, const Dataset& clone) {
  const std::string text = clone.origin.value_or("");
  const auto at = text.find('@');
  const auto name = DatasetName::parse(std::string_view(text).substr(0, at));
  Dataset* base = name ? host.find(*name) : nullptr;
  if (base == nullptr || at == text.npos) return nullptr;
  return const_cast<Version*>(base->find(VersionKind::snapshot, text.substr(at + 1)));
}

void add_clone(const SimHost& host, const Dataset& clone) {
  Version* origin = origin_of(host, clone);
  if (origin == nullptr) return;
  auto& clones = origin->clones;
  const auto at = std::lower_bound(clones.begin(), clones.end(), clone.name.str());
  if (at == clones.end() || *at != clone.name.str()) clones.insert(at, clone.name.str());
}

void remove_clone(const SimHost& host, const Dataset& clone) {
  Version* origin = origin_of(host, clone);
  if (origin != nullptr) std::erase(origin->clones, clone.name.str());
}

const Version* newest_snapshot(const Dataset& d) {
  const auto it = std::find_if(d.versions.rbegin(), d.versions.rend(),
                               [](const Version& v) { return v.is_snapshot(); });
  return it == d.versions.rend() ? nullptr : &*it;
}

bool pinned_by_partial(const Dataset& d, const Version& v) {
  if (!d.resume_token || !v.is_snapshot()) return false;
  const auto token = decode(*d.resume_token);
  return token && token->fromguid == v.guid;
}

void clear_partial(Dataset& d) {
  d.resume_token.reset();
  for (Version& v : d.versions) std::erase(v.clones, receiving_clone(d.name));
}

Dataset as_listed(const Dataset& d) {
  Dataset shown = d;
  const auto token = d.resume_token ? decode(*d.resume_token) : std::nullopt;
  if (!token || !token->fromguid) return shown;
  const std::string hidden = receiving_clone(d.name);
  for (Version& v : shown.versions) {
    if (!v.is_snapshot() || v.guid != token->fromguid) continue;
    const auto at = std::lower_bound(v.clones.begin(), v.clones.end(), hidden);
    if (at == v.clones.end() || *at != hidden) v.clones.insert(at, hidden);
  }
  return shown;
}

bool is_unfinished(const Dataset& d) {
  return d.resume_token && !d.placeholder && !d.has_snapshots();
}

const Dataset* first_child(const SimHost& host, const DatasetName& name) {
  const auto& all = host.pools().datasets;
  const auto after =
      std::upper_bound(all.begin(), all.end(), name,
                       [](const DatasetName& n, const Dataset& d) { return n < d.name; });
  return after != all.end() && after->name.is_within(name) ? &*after : nullptr;
}

Result<void> drop_partial(const SimHost& host, Dataset& d) {
  if (is_unfinished(d) && first_child(host, d.name) != nullptr) {
    return refused(Remedy::give_up, "destroy", d.name.str(),
                   "dataset already exists: something was made below it; destroy that first");
  }
  auto& all = host.pools().datasets;
  if (is_unfinished(d)) {
    remove_clone(host, d);
    all.erase(all.begin() + (&d - all.data()));
  } else {
    clear_partial(d);
  }
  host.state.touched = true;
  return {};
}

}  // namespace zr
