#include "executor/sim/sim_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "executor/sim/sim_datasets.h"
#include "executor/sim/sim_error.h"
#include "executor/sim/sim_rename.h"
#include "lang/overloaded.h"

namespace zr {
namespace {

Result<void> check_length(std::string_view doing, const std::string& name) {
  if (name.size() <= max_zfs_name_bytes) return {};
  return refused(Remedy::give_up, doing, name, "name is too long");
}

// ---- snapshots and bookmarks --------------------------------------------------------------------

Result<bool> wants_snapshot(const SimHost& host, const TakeSnapshot& wanted) {
  const std::string name = wanted.dataset.str() + "@" + wanted.name;
  const Dataset* d = host.find(wanted.dataset);
  if (d == nullptr) return dataset_gone("create snapshot", wanted.dataset);
  if (!is_version_name(wanted.name)) {
    return refused(Remedy::give_up, "create snapshot", name, "invalid character in name");
  }
  if (auto fits = check_length("create snapshot", name); !fits) return fits.error();
  if (is_unfinished(*d)) {
    return refused(Remedy::retry, "create snapshot", name,
                   "dataset is busy; it is only partially received");
  }
  return d->find(VersionKind::snapshot, wanted.name) == nullptr;
}

void take(const SimHost& host, const TakeSnapshot& wanted, CreateTxg txg) {
  Dataset& d = *host.find(wanted.dataset);
  Version v;
  v.name = wanted.name;
  v.createtxg = txg;
  v.creation = host.now;
  v.bytes = std::exchange(d.written_bytes, 0);
  const std::string what = fmt::format("{}:{}@{}", d.name.str(), d.guid.value, wanted.name);
  v.guid = host.state.numbers.fresh_guid(host.name, what, txg, host.now, host.state.world);
  d.versions.push_back(std::move(v));
  host.state.touched = true;
}

// One command: the snapshots of one pool, at most one of a dataset. Takes what it can off `wanted`.
std::vector<TakeSnapshot> next_command(std::vector<TakeSnapshot>& wanted) {
  const std::string pool(wanted.front().dataset.pool());
  std::vector<TakeSnapshot> command, later;
  std::set<DatasetName> in_it;
  for (TakeSnapshot& w : wanted) {
    const bool fits = w.dataset.pool() == pool && in_it.insert(w.dataset).second;
    (fits ? command : later).push_back(std::move(w));
  }
  wanted = std::move(later);
  return command;
}

Result<void> take_atomically(const SimHost& host, const std::vector<TakeSnapshot>& command) {
  std::vector<const TakeSnapshot*> missing;
  for (const TakeSnapshot& w : command) {
    const auto wants = wants_snapshot(host, w);
    if (!wants) return wants.error();
    if (*wants) missing.push_back(&w);
  }
  if (missing.empty()) return {};
  const CreateTxg txg = host.next_txg(command.front().dataset);
  for (const TakeSnapshot* w : missing) take(host, *w, txg);
  return {};
}

Result<void> take_snapshots(const SimHost& host, std::vector<TakeSnapshot> wanted) {
  while (!wanted.empty()) {
    if (auto done = take_atomically(host, next_command(wanted)); !done) return done;
  }
  return {};
}

Result<void> carry_out(const SimHost& host, const CreateBookmark& c) {
  constexpr std::string_view doing = "create bookmark";
  const std::string name = c.dataset.str() + "#" + c.bookmark;
  Dataset* d = host.find(c.dataset);
  if (d == nullptr) return dataset_gone(doing, c.dataset);
  if (const Version* there = d->find(VersionKind::bookmark, c.bookmark)) {
    if (there->guid == c.of.guid) return {};
    return refused(Remedy::give_up, doing, name,
                   fmt::format("bookmark exists, of another snapshot (guid {}); destroy it or "
                               "choose another name",
                               there->guid.value));
  }
  if (!is_version_name(c.bookmark)) {
    return refused(Remedy::give_up, doing, name, "invalid character in name");
  }
  if (auto fits = check_length(doing, name); !fits) return fits;
  const auto of = resolve_present(doing, *d, c.of);
  if (!of) return of.error();
  Version v;
  v.kind = VersionKind::bookmark;
  v.name = c.bookmark;
  v.guid = (*of)->guid;
  v.createtxg = (*of)->createtxg;
  v.creation = (*of)->creation;
  insert_version(*d, std::move(v));
  host.state.touched = true;
  return {};
}

// ---- holds --------------------------------------------------------------------------------------

Result<void> carry_out(const SimHost& host, const PlaceHold& c) {
  constexpr std::string_view doing = "hold";
  Dataset* d = host.find(c.dataset);
  if (d == nullptr) return dataset_gone(doing, c.dataset);
  if (c.snapshot.kind != VersionKind::snapshot) {
    return refused(Remedy::give_up, doing, full_name(c.dataset, c.snapshot),
                   "only snapshots can be held");
  }
  if (!is_hold_tag(c.tag) || c.tag.front() == '.') {
    return refused(Remedy::give_up, doing, full_name(c.dataset, c.snapshot),
                   c.tag.size() > 255 ? "tag too long" : "tag is empty or may not start with '.'");
  }
  const auto found = resolve_present(doing, *d, c.snapshot);
  if (!found) return found.error();
  auto& holds = (*found)->holds;
  const auto at = std::lower_bound(holds.begin(), holds.end(), c.tag);
  if (at != holds.end() && *at == c.tag) return {};
  holds.insert(at, c.tag);
  host.state.touched = true;
  return {};
}

Result<void> carry_out(const SimHost& host, const ReleaseHold& c) {
  Dataset* d = host.find(c.dataset);
  if (d == nullptr) return {};
  const auto found = resolve("release", *d, c.snapshot);
  if (!found) return found.error();
  if (*found == nullptr) return {};
  auto& holds = (*found)->holds;
  const auto at = std::find(holds.begin(), holds.end(), c.tag);
  if (at == holds.end()) return {};
  holds.erase(at);
  host.state.touched = true;
  return {};
}

// ---- what destroys ------------------------------------------------------------------------------

// Why ZFS would not let go of a version.
std::optional<Error> kept(std::string_view doing, const SimHost& host, const Dataset& d,
                          const Version& v) {
  if (!v.is_snapshot()) return {};
  const std::string name = d.name.str() + v.str();
  if (!v.holds.empty()) {
    return refused(
        Remedy::give_up, doing, name,
        fmt::format("it's being held; release '{}' with zfs release first", v.holds.front()));
  }
  if (pinned_by_partial(d, v)) {
    return refused(
        Remedy::replan, doing, name,
        fmt::format("snapshot has dependent clones; {} is one, a partially received stream: "
                    "resume it, or drop it with zfs receive -A",
                    receiving_clone(d.name)));
  }
  if (!v.clones.empty()) {
    return refused(Remedy::replan, doing, name,
                   fmt::format("snapshot has dependent clones; {} is one", v.clones.front()));
  }
  const bool receiving = host.state.use.receiving.contains({host.name, d.name});
  if (receiving && &v == newest_snapshot(d)) {
    return refused(Remedy::retry, doing, name, "dataset is busy; a stream is being received on it");
  }
  if (host.state.use.sending.contains({host.name, d.name, v.guid})) {
    return refused(Remedy::retry, doing, name, "dataset is busy; it is being sent");
  }
  return {};
}

// Null where there is nothing (any more) to destroy.
Result<Version*> destroyable(const SimHost& host, const DestroyVersion& c) {
  constexpr std::string_view doing = "destroy";
  Dataset* d = host.find(c.dataset);
  if (d == nullptr) return nullptr;
  auto found = resolve(doing, *d, c.version);
  if (!found || *found == nullptr) return found;
  if (auto why = kept(doing, host, *d, **found)) return *why;
  return found;
}

Result<void> carry_out(const SimHost& host, const DestroyVersion& c) {
  const auto found = destroyable(host, c);
  if (!found) return found.error();
  if (*found == nullptr) return {};
  Dataset& d = *host.find(c.dataset);
  erase_version(d, static_cast<std::size_t>(*found - d.versions.data()));
  host.state.touched = true;
  return {};
}

// One command destroys all that it names or nothing.
Result<void> destroy(const SimHost& host, const std::vector<DestroyVersion>& all) {
  for (const DestroyVersion& c : all) {
    if (auto may = destroyable(host, c); !may) return may.error();
  }
  for (const DestroyVersion& c : all) {
    if (auto done = carry_out(host, c); !done) return done;
  }
  return {};
}

bool names(const Rollback& c, const Version& v) {
  return std::any_of(c.destroys.begin(), c.destroys.end(), [&](const VersionRef& r) {
    return r.kind == v.kind && r.name == v.name && r.guid == v.guid;
  });
}

Result<void> carry_out(const SimHost& host, const Rollback& c) {
  constexpr std::string_view doing = "rollback";
  Dataset* d = host.find(c.dataset);
  if (d == nullptr) return dataset_gone(doing, c.dataset);
  if (c.to.kind != VersionKind::snapshot) {
    return refused(Remedy::give_up, doing, full_name(c.dataset, c.to),
                   "only a snapshot can be rolled back to");
  }
  const auto to = resolve_present(doing, *d, c.to);
  if (!to) return to.error();
  // They are in order, also those of one transaction group.
  const auto younger = d->versions.begin() + (*to - d->versions.data()) + 1;
  for (auto v = younger; v != d->versions.end(); ++v) {
    if (!names(c, *v)) {
      return refused(Remedy::replan, doing, full_name(c.dataset, c.to),
                     fmt::format("more recent snapshots or bookmarks exist that were not planned "
                                 "for: {}; plan again",
                                 d->name.str() + v->str()));
    }
    if (auto why = kept(doing, host, *d, *v)) return *why;
  }
  if (host.state.use.receiving.contains({host.name, d->name})) {
    return refused(Remedy::retry, doing, full_name(c.dataset, c.to), "dataset is busy");
  }
  if (younger == d->versions.end() && d->written_bytes == 0) return {};
  d->versions.erase(younger, d->versions.end());
  d->written_bytes = 0;
  host.next_txg(c.dataset);
  host.state.touched = true;
  return {};
}

Result<void> carry_out(const SimHost& host, const AbortReceive& c) {
  constexpr std::string_view doing = "abort receive of";
  Dataset* d = host.find(c.dataset);
  if (d == nullptr || !d->resume_token) return {};
  if (*d->resume_token != c.token) {
    return refused(Remedy::replan, doing, c.dataset.str(),
                   "its receive_resume_token is another one than was planned for; plan again");
  }
  if (host.state.use.receiving.contains({host.name, d->name})) {
    return refused(Remedy::retry, doing, c.dataset.str(), "dataset is busy");
  }
  return drop_partial(host, *d);
}

// ---- datasets -----------------------------------------------------------------------------------

Result<void> carry_out(const SimHost& host, const CreatePlaceholder& c) {
  constexpr std::string_view doing = "create";
  if (const Dataset* there = host.find(c.dataset)) {
    if (there->placeholder) return {};
    return refused(Remedy::replan, doing, c.dataset.str(),
                   "dataset already exists; it is no placeholder, plan again");
  }
  if (auto fits = check_length(doing, c.dataset.str()); !fits) return fits;
  auto parent = parent_for(doing, host, c.dataset);
  if (!parent) return parent.error();
  Dataset made = new_below(**parent, c.dataset);
  made.placeholder = true;
  if (!c.plain && !inherit_encryption(made, **parent)) {
    return refused(Remedy::give_up, doing, c.dataset.str(),
                   fmt::format("encryption root's key is not loaded or provided; run zfs load-key "
                               "{}",
                               (*parent)->encryption_root->str()));
  }
  add_dataset(host, std::move(made));
  return {};
}

}  // namespace

Result<void> carry_out(const SimHost& host, std::span<const Change> changes) {
  // What ZFS does several of in one command, all or none.
  std::vector<TakeSnapshot> snapshots;
  std::vector<DestroyVersion> destroys;
  for (const Change& change : changes) {
    auto done = std::visit(overloaded{
                               [&](const TakeSnapshot& c) -> Result<void> {
                                 return snapshots.push_back(c), Result<void>();
                               },
                               [&](const DestroyVersion& c) -> Result<void> {
                                 return destroys.push_back(c), Result<void>();
                               },
                               [&](const CreatePlaceholder& c) { return carry_out(host, c); },
                               [&](const CreateBookmark& c) { return carry_out(host, c); },
                               [&](const PlaceHold& c) { return carry_out(host, c); },
                               [&](const ReleaseHold& c) { return carry_out(host, c); },
                               [&](const Rollback& c) { return carry_out(host, c); },
                               [&](const AbortReceive& c) { return carry_out(host, c); },
                               [&](const RenameDataset& c) { return carry_out(host, c); },
                           },
                           change);
    if (!done) return done;
  }
  if (auto taken = take_snapshots(host, std::move(snapshots)); !taken) return taken;
  return destroy(host, destroys);
}

}  // namespace zr
