#include "executor/serve/door.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "executor/serve/rights.h"

namespace zr {
namespace {

// Calls visit(identity, host) for each grant.
template <class Visit>
void each_grant(const Policy& policy, Visit visit) {
  for (const Sink& sink : policy.sinks) visit(sink.identity, sink.on);
  for (const PullAcl& acl : policy.pull_acls) visit(acl.identity, acl.on);
}

}  // namespace

std::vector<HostName> hosts_with_rights(const Policy& policy, std::string_view identity) {
  std::set<HostName> hosts;
  each_grant(policy, [&](const std::string& who, const HostName& on) {
    if (who == identity) hosts.insert(on);
  });
  return {hosts.begin(), hosts.end()};
}

Result<OpenForCall> door_for(const Policy& policy, const HostName& here, std::string_view identity,
                             Connect connect, OnDenied on_denied) {
  auto rights = rights_of(policy, here, identity);
  if (!rights) return rights.error();
  return OpenForCall(
      [here, rights = *std::move(rights), connect = std::move(connect),
       on_denied = std::move(on_denied)](const std::stop_token&) -> Result<std::unique_ptr<Zfs>> {
        auto zfs = connect(here);
        if (!zfs) return zfs.error();
        return {std::make_unique<ClientZfs>(*std::move(zfs), rights, on_denied)};
      });
}

Result<OpenForCall> only_door(const Policy& policy, const HostName& here, Connect connect) {
  std::set<std::string> identities;
  each_grant(policy, [&](const std::string& who, const HostName& on) {
    if (on == here) identities.insert(who);
  });
  if (identities.size() == 1) {
    return door_for(policy, here, *identities.begin(), std::move(connect), [](const Denial&) {});
  }
  return Error{Remedy::give_up,
               "`agent on` in the machine that zrepl runs on wants a `sink` or a "
               "`pull_acl` of exactly one client on " +
                   here.value};
}

}  // namespace zr
