#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "executor/allow/zfs_grants.h"
#include "planner/delegation.h"

namespace zr {

// Compares what is delegated with what is needed. Pure.

// Permissions on a dataset, and on everything below it.
struct HereAndBelow {
  std::set<std::string> here, below;
  bool empty() const { return here.empty() && below.empty(); }
  // As `zfs allow` is told it; none for a scope without any.
  std::map<Scope, std::set<std::string>> by_scope() const;
  bool operator==(const HereAndBelow&) const = default;
};
using Places = std::map<DatasetName, HereAndBelow>;

// What was seen on a host.
struct SeenGrants {
  std::string user;
  std::set<std::string> groups;  // the user's
  Grants grants;                 // of all needed datasets that are there, and those above
  std::vector<DatasetName> pools;
  // Of a needed dataset that is not there the nearest above that is; none without its pool.
  std::map<DatasetName, std::optional<DatasetName>> missing;
};

struct Judgement {
  // What the user needs and does not have, whether of its own, by a group or as everyone, here or
  // inherited. A dataset that is not there counts as covered where the user may make it and will
  // have there what it needs.
  Places missing;
  std::vector<DatasetName> missing_datasets;  // of `missing`
  // What the user has of its own and does not need on so much. What of it is needed further down
  // is in `instead`.
  Places superfluous;
  Places instead;
  std::vector<std::string> partly_needed_sets;  // "@set on tank is more than needed by rename"
};
Judgement judge(const HostDelegations&, const SeenGrants&);

}  // namespace zr
