#include "planner/future.h"

#include <algorithm>
#include <limits>

namespace zr {
namespace {

// Stand-ins are counted down from the highest number; far more than a plan has snapshots.
constexpr std::uint64_t highest = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t stand_in_range = 1ULL << 32;

}  // namespace

FutureDataset::FutureDataset(HostName h, DatasetName n, const Dataset* d)
    : host(std::move(h)),
      name(std::move(n)),
      was(d),
      exists(d != nullptr),
      placeholder(d && d->placeholder),
      type(d ? d->type : DatasetType::filesystem),
      encrypted(d && d->encrypted()),
      compresses(d && d->compresses),
      written_bytes(d ? d->written_bytes : 0),
      resume_token(d ? d->resume_token : std::nullopt) {}

std::size_t FutureDataset::size() const { return observed() + added_.size(); }

const Version& FutureDataset::version(std::size_t i) const {
  return i < observed() ? was->versions[i] : added_[i - observed()].version;
}

std::optional<StepRef> FutureDataset::made_by(std::size_t i) const {
  if (i < observed()) return std::nullopt;
  return added_[i - observed()].made_by;
}

bool FutureDataset::guid_known(std::size_t i) const {
  return i < observed() || added_[i - observed()].guid_known;
}

std::vector<std::size_t> FutureDataset::history() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < size(); ++i) {
    if (alive(i) && (i < observed() || version(i).is_snapshot())) out.push_back(i);
  }
  return out;
}

std::vector<std::size_t> FutureDataset::snapshots() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < size(); ++i) {
    if (alive(i) && version(i).is_snapshot()) out.push_back(i);
  }
  return out;
}

std::optional<std::size_t> FutureDataset::newest_snapshot() const {
  for (std::size_t i = size(); i-- > 0;) {
    if (alive(i) && version(i).is_snapshot()) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> FutureDataset::find(VersionKind kind, std::string_view name_) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (alive(i) && version(i).kind == kind && version(i).name == name_) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> FutureDataset::find_cursor(const Cursor& cursor) const {
  const auto found = find(VersionKind::bookmark, cursor.str());
  return found && version(*found).guid == cursor.guid ? found : std::nullopt;
}

std::optional<std::size_t> FutureDataset::find_snapshot(Guid guid) const {
  for (std::size_t i = size(); i-- > 0;) {
    if (alive(i) && version(i).is_snapshot() && version(i).guid == guid) return i;
  }
  return std::nullopt;
}

std::size_t FutureDataset::add(Version version, std::optional<StepRef> made_by, bool guid_known) {
  // Younger than everything: only what is taken or received is added, and bookmarks have no order
  // of their own here.
  if (size() > 0 && version.is_snapshot()) {
    CreateTxg newest;
    for (std::size_t i = size(); i-- > 0;) newest = std::max(newest, this->version(i).createtxg);
    version.createtxg = CreateTxg{newest.value + 1};
  }
  if (version.is_snapshot() && made_by) grown_by.push_back(*made_by);
  added_.push_back({std::move(version), made_by, guid_known});
  return size() - 1;
}

std::vector<std::string> FutureDataset::clones(std::size_t i) const {
  const auto changed = clones_.find(i);
  auto out = changed == clones_.end() ? version(i).clones : changed->second;
  if (!resume_token && was) std::erase(out, receiving_clone(was->name));
  return out;
}

void FutureDataset::add_clone(std::size_t i, const std::string& clone) {
  auto& all = clones_.try_emplace(i, version(i).clones).first->second;
  const auto place = std::lower_bound(all.begin(), all.end(), clone);
  if (place == all.end() || *place != clone) all.insert(place, clone);
}

void FutureDataset::remove_clone(std::size_t i, const std::string& clone, StepRef step) {
  std::erase(clones_.try_emplace(i, version(i).clones).first->second, clone);
  use(i, step);
}

std::vector<FutureHold> FutureDataset::holds(std::size_t i) const {
  if (auto changed = holds_.find(i); changed != holds_.end()) return changed->second;
  std::vector<FutureHold> out;
  for (const auto& tag : version(i).holds) out.push_back({tag, std::nullopt});
  return out;
}

bool FutureDataset::has_hold(std::size_t i, const std::string& tag) const {
  const auto all = holds(i);
  return std::any_of(all.begin(), all.end(), [&](const auto& h) { return h.tag == tag; });
}

void FutureDataset::place_hold(std::size_t i, std::string tag, std::optional<StepRef> step) {
  auto all = holds(i);
  all.push_back({std::move(tag), step});
  holds_[i] = std::move(all);
}

void FutureDataset::release_hold(std::size_t i, const std::string& tag, StepRef step) {
  auto all = holds(i);
  std::erase_if(all, [&](const auto& h) { return h.tag == tag; });
  holds_[i] = std::move(all);
  use(i, step);
}

std::vector<StepRef> FutureDataset::uses(std::size_t i) const {
  auto found = uses_.find(i);
  return found == uses_.end() ? std::vector<StepRef>{} : found->second;
}

void FutureDataset::remember_for(const Replication& job, const std::string& reason) {
  remembered_for_.push_back(&job);
  if (!pin_bookmarks_) pin_bookmarks_ = reason;
}

std::vector<const Replication*> FutureDataset::remembered_for(std::size_t i) const {
  if (i >= observed() || !version(i).is_snapshot()) return {};
  return remembered_for_;
}

std::optional<std::string> FutureDataset::pinned(std::size_t i) const {
  if (pin_bookmarks_ && i < observed() && !version(i).is_snapshot()) return pin_bookmarks_;
  if (auto found = pins_.find(i); found != pins_.end()) return found->second;
  return pin_all_;
}

Future::Future(const Policy& policy, const World& world) : next_stand_in_(highest) {
  for (const auto& [name, inventory] : world.hosts) {
    if (!policy.find_host(name)) continue;
    Host& host = hosts_[name];
    for (const Dataset& dataset : inventory.datasets) {
      host.emplace_hint(host.end(), std::piecewise_construct, std::forward_as_tuple(dataset.name),
                        std::forward_as_tuple(name, dataset.name, &dataset));
      for (const Version& version : dataset.versions) {
        if (version.guid.value >= highest - stand_in_range) high_guids_.insert(version.guid);
      }
    }
  }
}

bool Future::reachable(const HostName& host) const { return hosts_.contains(host); }

FutureDataset* Future::find(const HostName& host, const DatasetName& name) {
  auto h = hosts_.find(host);
  if (h == hosts_.end()) return nullptr;
  auto d = h->second.find(name);
  return d == h->second.end() ? nullptr : &d->second;
}

const FutureDataset* Future::find(const HostName& host, const DatasetName& name) const {
  const auto h = hosts_.find(host);
  if (h == hosts_.end()) return nullptr;
  const auto d = h->second.find(name);
  return d == h->second.end() ? nullptr : &d->second;
}

FutureDataset* Future::above(const HostName& host, const DatasetName& name) {
  for (auto up = name.parent(); up; up = up->parent()) {
    FutureDataset* dataset = find(host, *up);
    if (dataset && dataset->exists) return dataset;
  }
  return nullptr;
}

FutureDataset& Future::at(const HostName& host, const DatasetName& name) {
  return hosts_.at(host).try_emplace(name, host, name, nullptr).first->second;
}

void Future::rename(const HostName& host, const DatasetName& from, const DatasetName& to,
                    StepRef step) {
  renamings_.push_back({host, from, to});
  Host& datasets = hosts_.at(host);
  std::vector<Host::node_type> moving;
  for (auto at = datasets.lower_bound(from); at != datasets.end() && at->first.is_within(from);) {
    moving.push_back(datasets.extract(at++));
  }
  for (Host::node_type& node : moving) {
    FutureDataset& free = datasets.try_emplace(node.key(), host, node.key(), nullptr).first->second;
    free.named_by = step;
    node.key() = to.append(node.key().below(from));
    FutureDataset& moved = node.mapped();
    moved.name = node.key();
    moved.named_by = step;
    if (moved.exists) moved.created_by = step;
    datasets.erase(node.key());
    datasets.insert(std::move(node));
  }
}

DatasetName Future::renamed(const HostName& host, DatasetName name) const {
  for (const Renaming& r : renamings_) {
    if (r.host == host && name.is_within(r.from)) name = r.to.append(name.below(r.from));
  }
  return name;
}

Lineage compare(const FutureDataset& source, const FutureDataset& target) {
  const auto sources = source.history();
  const auto targets = target.history();
  std::vector<const Version*> s, t;
  s.reserve(sources.size());
  t.reserve(targets.size());
  for (std::size_t i : sources) s.push_back(&source.version(i));
  for (std::size_t i : targets) t.push_back(&target.version(i));
  Lineage lineage = compare(s, t);
  if (lineage.base) lineage.base = {sources[lineage.base->source], targets[lineage.base->target]};
  for (auto& i : lineage.source_only) i = sources[i];
  for (auto& i : lineage.target_only) i = targets[i];
  return lineage;
}

Guid Future::stand_in() {
  while (high_guids_.contains(next_stand_in_)) --next_stand_in_.value;
  return Guid{next_stand_in_.value--};
}

}  // namespace zr
