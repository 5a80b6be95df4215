#include "planner/world.h"

#include <algorithm>
#include <tuple>

namespace zr {
namespace {

auto order_of(const Version& v) { return std::tie(v.createtxg, v.kind, v.name); }

bool before(const Version& a, const Version& b) { return order_of(a) < order_of(b); }

void sort_versions(Dataset& dataset) {
  for (Version& v : dataset.versions) {
    std::sort(v.holds.begin(), v.holds.end());
    std::sort(v.clones.begin(), v.clones.end());
  }
  // Listings nearly always come in order, and moving two million versions is not free.
  if (!std::is_sorted(dataset.versions.begin(), dataset.versions.end(), before)) {
    std::sort(dataset.versions.begin(), dataset.versions.end(), before);
  }
}

bool name_before(const Dataset& a, const Dataset& b) { return a.name < b.name; }

}  // namespace

std::string receiving_clone(const DatasetName& into) {
  return std::string(into.str()).append(receiving_suffix);
}

bool is_clone_name(std::string_view text) {
  if (text.ends_with(receiving_suffix)) text.remove_suffix(receiving_suffix.size());
  return DatasetName::parse(text).has_value();
}

std::string Version::str() const { return (is_snapshot() ? "@" : "#") + name; }

const Version* Dataset::find(VersionKind kind, std::string_view version_name) const {
  const auto it = std::find_if(versions.begin(), versions.end(), [&](const Version& v) {
    return v.kind == kind && v.name == version_name;
  });
  return it == versions.end() ? nullptr : &*it;
}

bool Dataset::has_snapshots() const {
  return std::any_of(versions.begin(), versions.end(),
                     [](const Version& v) { return v.is_snapshot(); });
}

const Dataset* Inventory::find(const DatasetName& name) const {
  const auto it =
      std::lower_bound(datasets.begin(), datasets.end(), name,
                       [](const Dataset& d, const DatasetName& n) { return d.name < n; });
  return it == datasets.end() || it->name != name ? nullptr : &*it;
}

Dataset* Inventory::find(const DatasetName& name) {
  return const_cast<Dataset*>(std::as_const(*this).find(name));
}

void Inventory::sort() {
  for (Dataset& d : datasets) sort_versions(d);
  if (!std::is_sorted(datasets.begin(), datasets.end(), name_before)) {
    std::sort(datasets.begin(), datasets.end(), name_before);
  }
}

}  // namespace zr
