// How the snapshots of a pair travel: tokens, streams, what has to be there before.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "planner/replication.h"
#include "planner/resume_token.h"

namespace zr {
namespace {

// ZFS refuses these for a volume, and a job's settings are for all that it carries.
constexpr std::array<std::string_view, 19> filesystem_properties{
    "aclinherit", "aclmode",   "acltype",    "atime",    "canmount", "defcontext", "devices",
    "exec",       "fscontext", "mountpoint", "nbmand",   "overlay",  "quota",      "recordsize",
    "refquota",   "relatime",  "setuid",     "sharenfs", "sharesmb"};

bool applies(DatasetType type, std::string_view property) {
  return type == DatasetType::filesystem ||
         std::find(filesystem_properties.begin(), filesystem_properties.end(), property) ==
             filesystem_properties.end();
}

}  // namespace

bool PairPlanner::token_usable(const DecodedToken& token) const {
  const auto to = source_.find_snapshot(token.toguid);
  if (!to || !job_.snapshots.takes(source_.version(*to).name)) return false;
  if (target_.find_snapshot(token.toguid)) return false;
  if (source_.encrypted && token.raw != raw()) return false;
  const auto newest = target_.newest_snapshot();
  if (!token.fromguid) return !newest && job_.initial != Initial::fail;
  if (const auto origin = newest ? std::nullopt : clone_base()) {
    return job_.initial != Initial::fail &&
           origin->source->version(origin->source_version).guid == *token.fromguid;
  }
  const auto known = source_.history();
  return newest && target_.version(*newest).guid == *token.fromguid &&
         std::any_of(known.begin(), known.end(), [&](std::size_t i) {
           const Version& base = source_.version(i);
           return base.guid == *token.fromguid && base.createtxg < source_.version(*to).createtxg;
         });
}

bool PairPlanner::resume() {
  const auto token = decode(*target_.resume_token);
  if (!token) {
    return abort("its resume token can't be read");
  }
  if (!token_usable(*token)) {
    return abort(
        fmt::format("what it was receiving, {}, is not to be sent any more", token->toname));
  }
  const bool modified = target_.newest_snapshot() && target_.written_bytes != 0;
  if (modified && job_.on_diverged == OnDiverged::rollback) {
    return abort("the target was written to, and is rolled back first");
  }
  const std::size_t to = *source_.find_snapshot(token->toguid);
  if (modified) {
    source_.pin(to, "needed to resume " + job_.id.str());
    return clear_target();
  }
  if (!fits({to})) return false;

  std::optional<std::size_t> from;
  if (token->fromguid && lineage_.base) from = lineage_.base->source;  // not in a clone's first
  const std::uint64_t whole = bytes_between(from, to);
  Resume action{source_.name, *target_.resume_token, std::nullopt, draft_.ref(source_, to),
                whole - std::min(whole, token->received_bytes)};
  if (from) action.from = draft_.ref(source_, *from);
  if (const auto origin = token->fromguid && !from ? clone_base() : std::nullopt) {
    action.from = draft_.ref(*origin->source, origin->source_version);
  }
  const StepRef sent = draft_.add(cause_, source_.host, std::move(action),
                                  "was cut off, and goes on where it was", before_send(from, {to}));
  Recv recv = receive_into_target();
  recv.stream_of = static_cast<StepId>(sent);
  land(to, draft_.add(cause_, target_.host, std::move(recv), "", before_receive()));
  if (from) {
    source_.use(*from, *last_);
    target_.use(lineage_.base->target, *last_);
  }
  target_.resume_token.reset();
  look();
  const Selection rest = younger_selected();
  if (!rest.empty() && names_fit(rest)) {
    stream(lineage_.base->source, rest);
  } else {
    settle(lineage_.base->source, lineage_.base->target);
  }
  return false;
}

std::optional<DatasetName> PairPlanner::below_target() const {
  const auto& datasets = draft_.future.hosts().at(target_.host);
  auto next = datasets.upper_bound(target_.name);  // what is below comes directly after
  for (; next != datasets.end() && next->first.is_within(target_.name); ++next) {
    if (next->second.exists) return next->first;
  }
  return std::nullopt;
}

bool PairPlanner::abort(const std::string& why) {
  // The dataset that a first receive was making goes with what it had received.
  const bool goes = !target_.newest_snapshot() && !target_.placeholder;
  if (goes && renamed()) return false;
  if (const auto below = goes ? below_target() : std::nullopt) {
    conflict(ConflictKind::target_exists,
             fmt::format("{}, and it can't be dropped, since {} is below it", why, below->str()),
             fmt::format("rename or destroy {}", below->str()));
    return false;
  }
  std::vector<StepRef> after;
  if (last_) after.push_back(*last_);
  last_ = draft_.add(cause_, target_.host, AbortReceive{target_.name, *target_.resume_token}, why,
                     std::move(after));
  target_.resume_token.reset();
  if (const auto newest = target_.newest_snapshot()) target_.use(*newest, *last_);
  if (goes) {
    target_.exists = false;
    target_.named_by = last_;  // whatever takes its name comes after it
  }
  const auto origin = goes ? clone_base() : std::nullopt;
  if (origin) origin->target->remove_clone(origin->target_version, target_.was->name.str(), *last_);
  return true;
}

bool PairPlanner::encryption_fits() {
  auto refuse = [&](std::string message, std::string help) {
    conflict(ConflictKind::encryption, std::move(message), std::move(help));
    return false;
  };
  if (source_.encrypted && !raw()) {
    return refuse(where() + " is encrypted, and `raw off` would send it in the clear",
                  "leave `raw` out or set it on");
  }
  const bool replaced = !target_.exists || target_.placeholder;
  if (!replaced && source_.encrypted != target_.encrypted) {
    return refuse(fmt::format("{} is {}encrypted and the target is {}encrypted", where(),
                              source_.encrypted ? "" : "not ", target_.encrypted ? "" : "not "),
                  "map the source to another target, where a new full copy can be made");
  }
  if (target_.exists && replaced && (target_.encrypted || source_.encrypted)) {
    return refuse(target_.encrypted ? "ZFS can't receive over an encrypted placeholder"
                                    : "ZFS can't receive a raw stream over a placeholder",
                  "destroy the placeholder, which is empty, or map the source to another target");
  }
  if (!replaced || source_.encrypted) return true;
  for (auto up = target_.name.parent(); up; up = up->parent()) {
    const FutureDataset* parent = draft_.future.find(target_.host, *up);
    if (!parent || !parent->exists) continue;
    if (!parent->encrypted) return true;
    return refuse(
        fmt::format("{} is not encrypted, and below {} it would become so", where(), up->str()),
        "map it to a target below a dataset that is not encrypted");
  }
  return true;
}

bool PairPlanner::names_fit(const Selection& carried) {
  const std::size_t cursor = Cursor{draft_.policy.site, job_.id, Guid{}}.str().size();
  auto too_long = [&](const std::string& name, std::size_t bytes) {
    conflict(
        ConflictKind::name_too_long,
        fmt::format("{} would have {} bytes, and ZFS allows {}", name, bytes, max_zfs_name_bytes),
        "shorten the target's, the site's or the job's name");
    return false;
  };
  const std::size_t with_cursor = source_.name.str().size() + 1 + cursor;
  if (with_cursor > max_zfs_name_bytes) {
    return too_long("the cursor's name on " + where(), with_cursor);
  }
  for (std::size_t i : carried) {
    const std::string name = source_.version(i).str();
    const std::size_t bytes = target_.name.str().size() + name.size();
    if (bytes > max_zfs_name_bytes) {
      rest_on(source_, i);
      return too_long(target_.name.str() + name, bytes);
    }
    const auto there = target_.find(VersionKind::snapshot, source_.version(i).name);
    // What diverged is either rolled back first or a conflict of its own.
    if (there && !is_target_only(*there)) {
      rest_on(source_, i);
      rest_on(target_, *there);
      conflict(ConflictKind::name_taken,
               fmt::format("has another snapshot named {} than {}", name, where()),
               "rename or destroy the target's snapshot of that name");
      return false;
    }
  }
  return true;
}

// ZFS replaces a placeholder by a volume only where nothing is below it.
bool PairPlanner::volume_fits() {
  const auto below = source_.type == DatasetType::volume ? below_target() : std::nullopt;
  if (!below) return true;
  conflict(ConflictKind::target_exists,
           fmt::format("{} is a volume, and {} is below the target", where(), below->str()),
           "map the volume, or what is below it, to another target");
  return false;
}

void make_placeholders(Draft& draft, const Draft::Cause& cause, const HostName& host,
                       const DatasetName& below) {
  std::vector<DatasetName> missing;
  const FutureDataset* parent = draft.future.above(host, below);
  for (auto up = below.parent(); up && *up != parent->name; up = up->parent()) {
    missing.push_back(*up);
  }
  for (auto name = missing.rbegin(); name != missing.rend(); ++name) {
    std::vector<StepRef> after;
    if (parent->created_by) after.push_back(*parent->created_by);
    FutureDataset& made = draft.future.at(host, *name);
    made.created_by = draft.add(cause, host, CreatePlaceholder{*name, parent->encrypted},
                                "a parent of " + below.str(), std::move(after));
    made.exists = made.placeholder = true;
    parent = &made;
  }
}

// Missing ancestors become placeholders; one that is received in this plan is waited for. Those of
// a target that is there are there too, and the world need not tell of them.
bool PairPlanner::make_parents() {
  if (target_.exists) return true;
  const FutureDataset* above = draft_.future.above(target_.host, target_.name);
  if (!above) {
    conflict(ConflictKind::target_pool_missing,
             fmt::format("there is no pool {} on {}", target_.name.pool(), target_.host.value),
             "import or create the pool, or map to another");
    return false;
  }
  if (above->type == DatasetType::volume) {
    conflict(ConflictKind::target_exists,
             fmt::format("{} is a volume, and nothing can be below it", above->name.str()),
             "map the source to another target");
    return false;
  }
  make_placeholders(draft_, cause_, target_.host, target_.name);
  const FutureDataset* parent = draft_.future.above(target_.host, target_.name);
  if (parent->created_by && !last_) last_ = parent->created_by;
  return true;
}

// ZFS knows no order between two snapshots of one txg, and sends neither from the other.
PairPlanner::Selection PairPlanner::one_of_each_txg(const Selection& snapshots) const {
  Selection out;
  out.reserve(snapshots.size());
  for (std::size_t i : snapshots) {
    const bool same =
        !out.empty() && source_.version(out.back()).createtxg == source_.version(i).createtxg;
    if (!same) out.push_back(i);
  }
  return out;
}

// One -I stream where no unselected snapshot lies between, after one -i from a bookmark, since -I
// can't start from one; otherwise one -i each. A sink takes only these: -I makes a package, and
// what may be in one is more than a client is to bring.
void PairPlanner::stream(std::optional<std::size_t> from, const Selection& selection) {
  const Selection carried = one_of_each_txg(selection);
  std::size_t next = 0;
  if (!from || !source_.version(*from).is_snapshot()) {
    send(from, carried.front(), false, {carried.front()});
    from = carried.front();
    next = 1;
  }
  const CreateTxg base = source_.version(*from).createtxg;
  const auto all = source_.snapshots();
  const auto between = std::count_if(all.begin(), all.end(), [&](std::size_t i) {
    const CreateTxg txg = source_.version(i).createtxg;
    return txg > base && txg <= source_.version(carried.back()).createtxg;
  });
  const auto rest = static_cast<std::ptrdiff_t>(carried.size() - next);
  if (rest > 1 && between == rest && !job_.sink_decides) {
    send(from, carried.back(), true,
         Selection(carried.begin() + static_cast<std::ptrdiff_t>(next), carried.end()));
  } else {
    for (; next < carried.size(); ++next) {
      send(from, carried[next], false, {carried[next]});
      from = carried[next];
    }
  }
  settle(carried.back(), *target_.newest_snapshot());
}

void PairPlanner::send(std::optional<std::size_t> from, std::size_t to, bool intermediates,
                       const Selection& carried) {
  Send action{
      source_.name, std::nullopt, draft_.ref(source_, to), intermediates, bytes_between(from, to),
      raw(),        compressed()};
  std::string reason = "new since what the target has";
  Recv recv = receive_into_target();
  auto after = before_receive();
  const bool as_clone = !from && clone_of_;
  if (from) {
    action.from = draft_.ref(source_, *from);
  } else if (as_clone) {
    begin_from_origin(action, recv, after);
    reason = fmt::format("a clone of what {}:{} is the copy of", target_.host.value,
                         recv.clone_of->dataset.str());
  } else {
    reason = fmt::format("{}:{} has nothing of it yet, and `initial {}`", target_.host.value,
                         target_.name.str(), job_.initial == Initial::all ? "all" : "most_recent");
  }
  const StepRef sent = draft_.add(cause_, source_.host, std::move(action), std::move(reason),
                                  before_send(from, carried));
  recv.stream_of = static_cast<StepId>(sent);
  const StepRef received = draft_.add(cause_, target_.host, std::move(recv), "", std::move(after));
  if (from) source_.use(*from, received);
  if (as_clone) {
    clone_of_->target->add_clone(clone_of_->target_version, target_.name.str());
    clone_of_->target->use(clone_of_->target_version, received);
    target_.clone_of = {clone_of_->target->name,
                        clone_of_->target->version(clone_of_->target_version).name};
  }
  for (std::size_t i : carried) land(i, received);
}

std::vector<StepRef> PairPlanner::before_send(std::optional<std::size_t> from,
                                              const Selection& carried) const {
  std::vector<StepRef> after;
  auto need = [&](std::size_t i) {
    if (auto made = source_.made_by(i)) after.push_back(*made);
  };
  if (from) need(*from);
  for (std::size_t i : carried) need(i);
  if (source_.created_by) after.push_back(*source_.created_by);
  if (clone_of_ && clone_of_->source->named_by) after.push_back(*clone_of_->source->named_by);
  return after;
}

std::vector<StepRef> PairPlanner::before_receive() const {
  std::vector<StepRef> after;
  if (last_) after.push_back(*last_);
  if (auto parent = target_.name.parent()) {
    const FutureDataset* above = draft_.future.find(target_.host, *parent);
    if (above && above->created_by) after.push_back(*above->created_by);
  }
  return after;
}

Recv PairPlanner::receive_into_target() const {
  Recv recv{target_.name, 0,  target_.exists && target_.placeholder && !target_.newest_snapshot(),
            {},           {}, job_.rate_bytes_per_second};
  for (const auto& [property, value] : job_.receive.set) {
    if (applies(source_.type, property)) recv.set.emplace(property, value);
  }
  for (const auto& property : job_.receive.exclude) {
    if (applies(source_.type, property)) recv.exclude.push_back(property);
  }
  return recv;
}

void PairPlanner::land(std::size_t source_version, StepRef recv) {
  Version copy = source_.version(source_version);
  copy.holds.clear();
  copy.clones.clear();
  source_.use(source_version, recv);
  // What goes below it waits for its first snapshot, also when that is resumed: a receive that is
  // never completed could not be dropped any more.
  if (!target_.newest_snapshot()) target_.created_by = recv;
  target_.add(std::move(copy), recv, source_.guid_known(source_version));
  if (!target_.exists || target_.placeholder) {
    target_.type = source_.type;
    target_.encrypted = source_.encrypted;
  }
  target_.exists = true;
  target_.placeholder = false;
  target_.written_bytes = 0;
  last_ = recv;
}

std::uint64_t PairPlanner::bytes_between(std::optional<std::size_t> from, std::size_t to) const {
  std::uint64_t bytes = 0;
  for (std::size_t i : source_.snapshots()) {
    const CreateTxg txg = source_.version(i).createtxg;
    if (txg > source_.version(to).createtxg) continue;
    if (from && txg <= source_.version(*from).createtxg) continue;
    bytes += source_.version(i).bytes;
  }
  return bytes;
}

}  // namespace zr
