#include "executor/command_allow.h"

#include <fmt/format.h>

#include <algorithm>

#include "executor/allow_look.h"
#include "executor/allow_text.h"
#include "executor/planning.h"
#include "executor/progress_text.h"
#include "executor/site.h"
#include "planner/delegation.h"

namespace zr {
namespace {

// How a host's delegations were found, the better first.
enum class Found { right, too_much, not_enough };

struct Report {
  std::string text;
  Found found = Found::right;
};

std::vector<std::string> commands_of(const HostDelegations& needs) {
  std::vector<std::string> names;
  names.reserve(needs.commands.size());
  for (const auto& [command, jobs] : needs.commands) names.push_back(command);
  return names;
}

std::string lines_for(const Host& host, const std::string& verb, const std::string& user,
                      const Places& places) {
  std::string text;
  for (const auto& [dataset, place] : places)
    for (const auto& [scope, permissions] : place.by_scope())
      text += shell_line(allow_command(host, verb, scope, user, permissions, dataset.str()));
  return text;
}

// Datasets that permissions can't be given on, with the lines that make them.
std::string missing_datasets(const Host& host, const HostDelegations& needs,
                             const std::vector<DatasetName>& datasets) {
  std::string text;
  for (const DatasetName& dataset : datasets)
    text += fmt::format("# {} is not there\n", dataset.str());
  for (const DatasetName& made : needs.placeholders) {
    const bool is_on_the_way =
        std::any_of(datasets.begin(), datasets.end(),
                    [&made](const DatasetName& dataset) { return dataset.is_within(made); });
    if (is_on_the_way) text += shell_line(make_placeholder_command(host, made));
  }
  return text;
}

Report grants_report(const Host& host, const HostDelegations& needs, const SeenHost& seen) {
  const std::string& user = seen.grants.user;
  const Judgement judged = judge(needs, seen.grants);
  Report report;
  if (seen.user_problem) report.text += fmt::format("# {}\n", *seen.user_problem);
  if (!judged.missing.empty()) {
    report.found = Found::not_enough;
    report.text += "# missing:\n" + missing_datasets(host, needs, judged.missing_datasets) +
                   lines_for(host, "allow", user, judged.missing);
  }
  if (!judged.instead.empty())
    report.text +=
        "# in place of what is wider:\n" + lines_for(host, "allow", user, judged.instead);
  if (!judged.superfluous.empty())
    report.text +=
        "# more than is needed:\n" + lines_for(host, "unallow", user, judged.superfluous);
  for (const std::string& set : judged.partly_needed_sets)
    report.text += fmt::format("# {}\n", one_line(set));
  const bool has_more = !judged.superfluous.empty() || !judged.partly_needed_sets.empty();
  if (has_more && report.found == Found::right) report.found = Found::too_much;
  if (report.found == Found::right)
    report.text += fmt::format("# {} is allowed what is needed, and no more\n", user);
  return report;
}

Report failed(const std::string& why) {
  return {fmt::format("# it was not looked at: {}\n", one_line(why)), Found::not_enough};
}

class Verification {
 public:
  Verification(const Policy& policy, const Machines& machines, const LookLimits& limits)
      : policy_(policy), machines_(machines), limits_(limits) {}

  Report of(const HostDelegations& needs, const Grantee& grantee) const {
    if (grantee.means == Means::none) return {};
    if (grantee.means == Means::doas)
      return failed("doas can't be asked what it permits; `zrepl allow` prints the line it needs");
    auto machine = machines_(needs.host);
    if (!machine) return failed(machine.error().message);
    const Host& host = *policy_.find_host(needs.host);
    if (grantee.means == Means::sudo) return sudo_report(**machine, host, needs, grantee.user);
    const auto seen = look_at_grants(**machine, host, needs, grantee.user, limits_);
    return seen ? grants_report(host, needs, *seen) : failed(seen.error().message);
  }

 private:
  Report sudo_report(Machine& machine, const Host& host, const HostDelegations& needs,
                     const std::string& user) const {
    const auto questions =
        sudo_questions(*elevation_of(host.zfs_argv), user, policy_.site, commands_of(needs));
    const auto refused = look_at_sudo(machine, questions, limits_);
    if (!refused) return failed(refused.error().message);
    Report report;
    if (!refused->empty()) {
      report.found = Found::not_enough;
      report.text += "# missing:\n";
    } else {
      report.text += "# sudo permits what is needed\n";
    }
    for (const std::string& line : *refused) report.text += line + "\n";
    report.text += "# whether it permits more can't be told; `sudo -l` there shows it\n";
    return report;
  }

  const Policy& policy_;
  const Machines& machines_;
  const LookLimits& limits_;
};

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
  const LookLimits limits{zfs_timeout, outside.stop};
  const Verification verification(policy, machines, limits);
  Found worst = Found::right;
  bool is_first = true;
  for (const HostDelegations& needs : delegations_of(policy)) {
    const Grantee grantee = grantee_on(*policy.find_host(needs.host), command.user, outside.user);
    if (!std::exchange(is_first, false)) console.out << "\n";
    if (!command.verify) {
      console.out << allow_text(policy, needs, grantee);
      continue;
    }
    const Report report = verification.of(needs, grantee);
    if (outside.stop.stop_requested())
      return Failure::because(ExitStatus::failed, "interrupted while looking at the hosts");
    console.out << grantee.heading << "\n" << report.text;
    worst = std::max(worst, report.found);
  }
  if (is_first) console.out << "# no job touches any host: there is nothing to allow\n";
  return status_of(worst);
}

}  // namespace zr
