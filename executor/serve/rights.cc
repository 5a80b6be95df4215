#include "executor/serve/rights.h"

#include <fmt/format.h>

#include <algorithm>

#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::size_t shown_characters = 80;

bool grants(const Rules& rules) {
  return std::any_of(rules.all().begin(), rules.all().end(),
                     [](const Rule& r) { return !std::holds_alternative<Omit>(r.result); });
}

template <class Block>
const Block* find(const std::vector<Block>& blocks, const HostName& here,
                  std::string_view identity) {
  const auto found = std::find_if(blocks.begin(), blocks.end(), [&](const Block& b) {
    return b.on == here && b.identity == identity;
  });
  return found == blocks.end() ? nullptr : &*found;
}

}  // namespace

Result<Rights> rights_of(const Policy& policy, const HostName& here, std::string_view identity) {
  Rights rights;
  rights.identity = identity;
  if (const Sink* sink = find(policy.sinks, here, identity)) {
    rights.sink_map = sink->map;
    rights.has_sink = sink->map.has_targets();
    rights.max_datasets = sink->max_datasets;
    rights.properties = sink->properties;
    rights.quota_bytes = sink->quota_bytes;
  }
  if (const PullAcl* acl = find(policy.pull_acls, here, identity)) {
    rights.pull = acl->datasets;
    rights.has_acl = grants(acl->datasets);
  }
  if (rights.has_sink || rights.has_acl) return rights;
  return Error{Remedy::give_up,
               fmt::format("the policy of {} grants nothing to '{}': it would need a `sink` or a "
                           "`pull_acl` of that name",
                           here.value, printable(identity, shown_characters))};
}

}  // namespace zr
