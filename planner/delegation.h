#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lang/policy.h"

namespace zr {

// What a policy needs to be allowed on its hosts by somebody who is root there: the permissions of
// zfs-allow(8) by dataset, and the commands of zfs(8). Looking at things (`zfs list`, `get`,
// `holds`) needs no permission and is not in here. planner/README.md says what needs what, and why.

// The block by which this host serves the clients of an identity.
struct ClientGrant {
  enum class Kind { sink, pull_acl };
  Kind kind{};
  std::string identity;

  std::string str() const;  // "sink.office", "pull_acl.lab"
  auto operator<=>(const ClientGrant&) const = default;
  bool operator==(const ClientGrant&) const = default;
};

// What a permission is needed for.
using Purpose = std::variant<JobId, ClientGrant>;
std::string to_string(const Purpose&);

// Permissions ("snapshot", "readonly", …), each with all that it is needed for.
using Permissions = std::map<std::string, std::set<Purpose>, std::less<>>;

// Without the purposes.
std::set<std::string> names_of(const Permissions&);

// Where a permission holds that is given on a dataset.
enum class Scope { all, itself, below };  // `zfs allow` without an option, with -l, with -d

struct Delegation {
  std::optional<DatasetName> dataset;  // none: each pool that there is
  Scope scope = Scope::all;
  Permissions permissions;  // at least one
};

struct HostDelegations {
  HostName host;
  // Sorted, with no permission that is also inherited from another of them; at most one for a
  // dataset and scope.
  std::vector<Delegation> delegations;
  // Targets of first copies, and the way there. Permissions can't be given on what does not exist,
  // so those that are missing have to be made first, as placeholders. Sorted; no pools.
  std::vector<DatasetName> placeholders;
  Permissions commands;  // to run "snapshot", "receive"
};

// Whether an agent answers for it that goes by a site file of its own. On this machine, or where
// pools are simulated, the agent is this program, and goes by this one.
bool has_own_site_file(const Host&);

// Sorted by host; none for a host that no job touches and that serves no client. What jobs do on a
// host with an agent needs nothing but what serves them, and that is in the agent's site file.
std::vector<HostDelegations> delegations_of(const Policy&);

}  // namespace zr
