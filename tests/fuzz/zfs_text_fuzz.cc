#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "executor/allow/allow_judge.h"
#include "executor/allow/zfs_grants.h"
#include "executor/zfs/zfs_error.h"
#include "executor/zfs/zfs_listing.h"

// What zfs(8) prints, as hostile as it gets. The first byte says into what pieces it is cut, which
// must make no difference.

namespace zr {
namespace {

template <class Reader>
bool feed(Reader& reader, std::string_view text, std::size_t piece) {
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!reader.feed(text.substr(at, piece))) return false;
  }
  return true;
}

Result<Inventory> datasets(std::string_view text, std::size_t piece) {
  DatasetReader reader;
  if (!feed(reader, text, piece)) return Error{};
  return reader.finish();
}

Result<Inventory> versions(std::string_view text, std::size_t piece) {
  Inventory inventory;
  for (const char* name : {"a", "a/b", "tank"}) {
    inventory.datasets.push_back(Dataset(DatasetName::parse(name).value()));
  }
  VersionReader reader(inventory);
  if (!feed(reader, text, piece) || !reader.finish()) return Error{};
  return inventory;
}

Result<Grants> grants(std::string_view text, std::size_t piece) {
  GrantReader reader;
  if (!feed(reader, text, piece)) return Error{};
  return reader.finish();
}

// Whatever is delegated: what is missing of it and what is too much are not the same.
void judge_grants(const Grants& grants) {
  HostDelegations needs{HostName{"h"}, {}, {}, {}};
  for (const Scope scope : {Scope::all, Scope::itself, Scope::below})
    needs.delegations.push_back(
        {DatasetName::parse("a/b"), scope, {{"send", {}}, {"snapshot", {}}}});
  SeenGrants seen{"user", {"group"}, grants, {}, {}};
  const Judgement judged = judge(needs, seen);
  for (const auto& [dataset, place] : judged.superfluous) {
    const auto missing = judged.missing.find(dataset);
    if (missing == judged.missing.end()) continue;
    for (const std::string& permission : missing->second.here)
      if (place.here.contains(permission)) std::abort();
  }
}

template <class T>
void require_same(const Result<T>& a, const Result<T>& b) {
  if (a.has_value() != b.has_value() || (a && !(*a == *b))) std::abort();
}

}  // namespace
}  // namespace zr

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zr;
  if (size == 0) return 0;
  const std::size_t piece = std::size_t{data[0]} + 1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  require_same(datasets(text, piece), datasets(text, text.size() + 1));
  require_same(versions(text, piece), versions(text, text.size() + 1));

  require_same(grants(text, piece), grants(text, text.size() + 1));
  if (const auto read = grants(text, piece)) judge_grants(*read);

  HoldReader holds;
  if (feed(holds, text, piece)) (void)holds.finish().has_value();
  PropertyReader properties;
  if (feed(properties, text, piece)) (void)properties.finish().has_value();
  if (zfs_failure({"zfs"}, 1, text).message.size() > 8000) std::abort();
  (void)only_missing(text);
  return 0;
}
