#include "executor/sim/sim_landing.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "executor/sim/sim_datasets.h"
#include "executor/sim/sim_error.h"
#include "executor/sim/sim_properties.h"
#include "planner/marks.h"
#include "planner/resume_token.h"

namespace zr {
namespace {

Error cannot_receive(Remedy remedy, const SimSnapshotRecord& r, std::string_view why) {
  const std::string_view kind =
      r.resumed ? "resume" : (r.fromguid ? "incremental" : "new filesystem");
  return {remedy, fmt::format("cannot receive {} stream: {}", kind, why)};
}

// ---- the three ways a snapshot can come ---------------------------------------------------------

Result<void> may_resume(const Dataset* d, const ReceiveRequest& request,
                        const SimSnapshotRecord& r) {
  const std::string& name = request.target.str();
  if (d == nullptr || !d->resume_token) {
    return cannot_receive(
        Remedy::replan, r,
        fmt::format("destination '{}' has no partially received state; plan again", name));
  }
  const auto token = decode(*d->resume_token);
  const bool fits = token && token->toguid == r.toguid && token->fromguid == r.fromguid &&
                    token->received_bytes == r.filler_from;
  if (!fits) {
    return cannot_receive(Remedy::replan, r,
                          fmt::format("it does not continue what '{}' has partially received; plan "
                                      "again",
                                      name));
  }
  if (r.fromguid || !d->placeholder || request.over_placeholder) return {};
  return cannot_receive(Remedy::replan, r,
                        fmt::format("Resuming recv on existing destination '{}', must specify -F "
                                    "to overwrite it; plan again",
                                    name));
}

Error key_missing(const SimSnapshotRecord& r, const Dataset& below) {
  return cannot_receive(Remedy::give_up, r,
                        fmt::format("inherited key must be loaded; run zfs load-key {}",
                                    below.encryption_root->str()));
}

Result<void> check_encryption(const Dataset& d, const SimSnapshotRecord& r) {
  if (r.raw && !d.encrypted()) {
    return cannot_receive(Remedy::give_up, r,
                          fmt::format("cannot perform raw receive on top of existing unencrypted "
                                      "dataset; '{}' has to be sent in full again",
                                      d.name.str()));
  }
  if (!r.raw && d.encrypted() && d.key_status != KeyStatus::available) return key_missing(r, d);
  return {};
}

// The snapshot in the target's pool that a clone begins from.
std::pair<Dataset*, Version*> find_origin(const SimHost& host, const ReceiveRequest& request,
                                          Guid guid) {
  if (request.clone_of && request.clone_of->snapshot.guid != guid) return {nullptr, nullptr};
  for (Dataset& d : host.pools().datasets) {
    if (d.name.pool() != request.target.pool()) continue;
    if (request.clone_of && d.name != request.clone_of->dataset) continue;
    for (Version& v : d.versions) {
      if (v.is_snapshot() && v.guid == guid) return {&d, &v};
    }
  }
  return {nullptr, nullptr};
}

Result<Dataset> new_clone(const SimHost& host, const ReceiveRequest& request,
                          const SimSnapshotRecord& r) {
  const auto [base, origin] = find_origin(host, request, *r.fromguid);
  if (base == nullptr) {
    return cannot_receive(
        Remedy::replan, r,
        fmt::format("local origin for clone {} does not exist; plan again", request.target.str()));
  }
  if (auto fits = check_encryption(*base, r); !fits) return fits.error();
  const auto parent = parent_for("receive", host, request.target);
  if (!parent) return parent.error();
  Dataset made = new_below(**parent, request.target);
  made.type = r.type;
  made.origin = base->name.str() + origin->str();
  made.encryption_root = base->encryption_root;
  made.key_status = base->key_status;
  return made;
}

// The dataset that a full stream makes where there is none.
Result<Dataset> new_target(const SimHost& host, const ReceiveRequest& request,
                           const SimSnapshotRecord& r) {
  if (r.clone) return new_clone(host, request, r);
  const auto parent = parent_for("receive", host, request.target);
  if (!parent) return parent.error();
  Dataset made = new_below(**parent, request.target);
  made.type = r.type;
  if (r.raw) {
    made.encryption_root = request.target;
    made.key_status = KeyStatus::unavailable;
  } else if (!inherit_encryption(made, **parent)) {
    return key_missing(r, **parent);
  }
  return made;
}

Result<void> may_replace(const SimHost& host, const Dataset& d, const ReceiveRequest& request,
                         const SimSnapshotRecord& r) {
  const std::string& name = d.name.str();
  if (!request.over_placeholder) {
    return cannot_receive(
        Remedy::replan, r,
        fmt::format("destination '{}' exists, must specify -F to overwrite it; plan again", name));
  }
  if (d.has_snapshots()) {
    return cannot_receive(Remedy::replan, r,
                          fmt::format("destination has snapshots (eg. {}), must destroy them to "
                                      "overwrite it; plan again",
                                      name + newest_snapshot(d)->str()));
  }
  if (d.encrypted() || r.raw) {
    return cannot_receive(
        Remedy::give_up, r,
        fmt::format("zfs receive -F cannot be used to destroy an encrypted "
                    "filesystem or overwrite an unencrypted one with an encrypted "
                    "one; '{}' is there already",
                    name));
  }
  if (r.type == DatasetType::volume && first_child(host, d.name) != nullptr) {
    return cannot_receive(
        Remedy::give_up, r,
        fmt::format("destination has children (eg. {}), cannot overwrite with a ZVOL; "
                    "map the volume elsewhere",
                    first_child(host, d.name)->name.str()));
  }
  return {};
}

// What came after the base on the target may only be what changed nothing.
bool is_modified_since(const Dataset& d, Guid base) {
  if (d.written_bytes != 0) return true;
  const auto at = std::find_if(d.versions.rbegin(), d.versions.rend(), [&](const Version& v) {
    return v.is_snapshot() && (v.guid == base || v.bytes != 0);
  });
  return at == d.versions.rend() || at->guid != base;
}

bool has_snapshot(const Dataset& d, Guid guid) {
  return std::any_of(d.versions.begin(), d.versions.end(),
                     [&](const Version& v) { return v.is_snapshot() && v.guid == guid; });
}

Result<Arrival> may_extend(const Dataset& d, const SimSnapshotRecord& r) {
  const std::string& name = d.name.str();
  if (const Version* there = d.find(VersionKind::snapshot, r.snapshot_name())) {
    if (there->guid == r.toguid) return Arrival::skips;
    return cannot_receive(Remedy::replan, r,
                          fmt::format("destination '{}@{}' already exists, with another guid; plan "
                                      "again",
                                      name, r.snapshot_name()));
  }
  if (!has_snapshot(d, *r.fromguid)) {
    return cannot_receive(Remedy::replan, r,
                          fmt::format("most recent snapshot of {} does not match incremental "
                                      "source; plan again",
                                      name));
  }
  if (is_modified_since(d, *r.fromguid)) {
    return cannot_receive(
        Remedy::replan, r,
        fmt::format("destination {} has been modified since most recent snapshot; "
                    "plan again",
                    name));
  }
  if (auto fits = check_encryption(d, r); !fits) return fits.error();
  return Arrival::takes;
}

// ---- what becomes of the dataset ----------------------------------------------------------------

void set_properties(Dataset& d, const ReceiveRequest& request) {
  if (request.over_placeholder) d.placeholder = false;
  const auto set = request.set.find(std::string(placeholder_property));
  if (set != request.set.end()) d.placeholder = set->second == "on";
}

Result<void> make_target(const SimHost& host, const ReceiveRequest& request,
                         const SimSnapshotRecord& r) {
  auto made = new_target(host, request, r);
  if (!made) return made.error();
  set_properties(*made, request);
  if (made->origin) add_clone(host, *made);
  add_dataset(host, *std::move(made));
  return {};
}

}  // namespace

Result<void> may_open(const SimHost& host, const ReceiveRequest& request) {
  const std::string& name = request.target.str();
  for (const auto& [property, value] : request.set) {
    if (!is_settable_property(property)) return invalid_property(name, property);
  }
  for (const std::string& property : request.exclude) {
    if (!is_settable_property(property)) return invalid_property(name, property);
  }
  if (name.size() > max_zfs_name_bytes) {
    return refused(Remedy::give_up, "receive", name, "name is too long");
  }
  if (host.state.use.receiving.contains({host.name, request.target})) {
    return refused(Remedy::retry, "receive", name, "dataset is busy; it is being received already");
  }
  if (!request.over_placeholder) return {};
  const Dataset* d = host.find(request.target);
  if (d != nullptr && d->placeholder && !d->has_snapshots()) return {};
  return refused(Remedy::replan, "receive", name,
                 "it is not an empty placeholder (any more); plan again");
}

namespace {

template <class T>
Result<Arrival> taken_if(const Result<T>& may) {
  if (!may) return may.error();
  return Arrival::takes;
}

}  // namespace

Result<Arrival> may_receive(const SimHost& host, const ReceiveRequest& request,
                            const SimSnapshotRecord& r) {
  const Dataset* d = host.find(request.target);
  const std::string& name = request.target.str();
  if (name.size() + 1 + r.snapshot_name().size() > max_zfs_name_bytes) {
    return refused(Remedy::give_up, "receive", name + "@" + r.snapshot_name(), "name is too long");
  }
  if (r.resumed) return taken_if(may_resume(d, request, r));
  if (d != nullptr && d->resume_token) {
    return cannot_receive(Remedy::replan, r,
                          fmt::format("destination {} contains partially-complete state from \"zfs "
                                      "receive -s\"; resume it, or drop it with zfs receive -A",
                                      name));
  }
  if (r.fromguid && d == nullptr && !r.clone) {
    return cannot_receive(Remedy::replan, r,
                          fmt::format("destination '{}' does not exist; plan again", name));
  }
  if (r.clone && d != nullptr) {
    return cannot_receive(Remedy::replan, r,
                          fmt::format("destination '{}' exists; plan again", name));
  }
  if (r.fromguid && !r.clone) return may_extend(*d, r);
  if (d != nullptr) return taken_if(may_replace(host, *d, request, r));
  return taken_if(new_target(host, request, r));
}

Result<void> land(const SimHost& host, const ReceiveRequest& request, const SimSnapshotRecord& r) {
  if (auto may = may_receive(host, request, r); !may || *may == Arrival::skips) {
    return may ? Result<void>() : may.error();
  }
  if (host.find(request.target) == nullptr) {
    if (auto made = make_target(host, request, r); !made) return made;
  }
  Dataset& d = *host.find(request.target);
  if (!r.fromguid) {
    d.type = r.type;
    set_properties(d, request);
  }
  Version v;
  v.name = r.snapshot_name();
  v.guid = r.toguid;
  v.createtxg = host.next_txg(d.name);
  v.creation = r.creation;
  v.bytes = r.bytes;
  d.versions.push_back(std::move(v));
  d.written_bytes = 0;
  clear_partial(d);
  host.state.touched = true;
  return {};
}

Result<void> keep_partial(const SimHost& host, const ReceiveRequest& request,
                          const SimSnapshotRecord& r, std::uint64_t filler_bytes) {
  if (auto may = may_receive(host, request, r); !may || *may == Arrival::skips) {
    return may ? Result<void>() : may.error();
  }
  if (host.find(request.target) == nullptr) {
    if (auto made = make_target(host, request, r); !made) return made;
  }
  DecodedToken token;
  token.toname = r.toname;
  token.toguid = r.toguid;
  token.fromguid = r.fromguid;
  token.object = 1;
  token.offset = filler_bytes;
  token.received_bytes = filler_bytes;
  token.compressed = r.compressed;
  token.raw = r.raw;
  host.find(request.target)->resume_token = encode(token);
  host.state.touched = true;
  return {};
}

}  // namespace zr
