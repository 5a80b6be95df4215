#include "executor/commands/command_allow.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "executor/allow/allow_json.h"
#include "executor/allow/allow_text.h"
#include "executor/allow/allow_verify.h"
#include "executor/commands/planning.h"
#include "executor/commands/site.h"
#include "executor/progress/progress_text.h"
#include "planner/delegation.h"

namespace zr {
namespace {

ExitStatus status_of(Found worst) {
  switch (worst) {
    case Found::right:
      return ExitStatus::done;
    case Found::too_much:
      return ExitStatus::conflicts;
    case Found::not_enough:
      break;
  }
  return ExitStatus::failed;
}

std::string text_of(const Policy& policy, const AllowEntry& entry) {
  if (!entry.verdict) return allow_text(policy, entry.needs, entry.grantee);
  return verdict_text(*policy.find_host(entry.needs.host), entry.needs, entry.grantee,
                      *entry.verdict);
}

}  // namespace

Outcome allow(const AllowCommand& command, std::chrono::seconds zfs_timeout, const Outside& outside,
              const Console& console) {
  auto loaded = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&loaded)) return *failure;
  const auto& [policy, warnings] = std::get<Site>(loaded);
  console.err << warnings;
  if (command.user && !is_user_name(*command.user))
    return Failure::because(ExitStatus::wrong, fmt::format("'{}' can't be the name of a user",
                                                           one_line(*command.user)));
  const Machines machines =
      outside.machines(policy, reach_of(policy, outside.clock(), zfs_timeout));
  std::vector<AllowEntry> entries;
  Found worst = Found::right;
  for (HostDelegations& needs : delegations_of(policy)) {
    Grantee grantee = grantee_on(*policy.find_host(needs.host), command.user, outside.user);
    AllowEntry entry{std::move(needs), std::move(grantee), {}};
    if (command.verify) {
      entry.verdict =
          verify(policy, machines, entry.needs, entry.grantee, {zfs_timeout, outside.stop});
      if (outside.stop.stop_requested())
        return Failure::because(ExitStatus::failed, "interrupted while looking at the hosts");
      worst = std::max(worst, entry.verdict->found);
    }
    if (!command.json) console.out << (entries.empty() ? "" : "\n") << text_of(policy, entry);
    entries.push_back(std::move(entry));
  }
  if (command.json) {
    console.out << allow_to_json(policy, entries);
  } else if (entries.empty()) {
    console.out << "# no job touches a host, and none serves clients: there is nothing to allow\n";
  }
  return status_of(worst);
}

}  // namespace zr
