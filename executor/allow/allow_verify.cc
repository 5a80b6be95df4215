#include "executor/allow/allow_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "executor/allow/elevation.h"
#include "executor/progress/progress_text.h"

namespace zr {
namespace {

Verdict failed(std::string why) {
  Verdict verdict;
  verdict.found = Found::not_enough;
  verdict.problem = std::move(why);
  return verdict;
}

Verdict of_sudo(const Policy& policy, Machine& machine, const HostDelegations& needs,
                const std::string& user, const LookLimits& limits) {
  const Elevation elevation = *elevation_of(policy.find_host(needs.host)->zfs_argv);
  auto refused =
      look_at_sudo(machine, sudo_questions(elevation, user, policy.site, needs.commands), limits);
  if (!refused) return failed(refused.error().message);
  Verdict verdict;
  if (!refused->empty()) verdict.found = Found::not_enough;
  verdict.refused = std::move(*refused);
  return verdict;
}

Verdict of_grants(const HostDelegations& needs, SeenHost seen) {
  Verdict verdict;
  verdict.judged = judge(needs, seen.grants);
  verdict.user_problem = std::move(seen.user_problem);
  if (!verdict.judged->superfluous.empty() || !verdict.judged->partly_needed_sets.empty())
    verdict.found = Found::too_much;
  if (!verdict.judged->missing.empty()) verdict.found = Found::not_enough;
  return verdict;
}

std::string lines_for(const Host& host, const std::string& verb, const std::string& user,
                      const Places& places) {
  std::string text;
  for (const auto& [dataset, place] : places)
    for (const auto& [scope, permissions] : place.by_scope())
      text += shell_line(allow_command(host, verb, scope, user, permissions, dataset.str())) + "\n";
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
    if (is_on_the_way) text += shell_line(make_placeholder_command(host, made)) + "\n";
  }
  return text;
}

std::string text_of(const Host& host, const HostDelegations& needs, const std::string& user,
                    const Judgement& judged) {
  std::string text;
  if (!judged.missing.empty())
    text += "# missing:\n" + missing_datasets(host, needs, judged.missing_datasets) +
            lines_for(host, "allow", user, judged.missing);
  if (!judged.instead.empty())
    text += "# in place of what is wider:\n" + lines_for(host, "allow", user, judged.instead);
  if (!judged.superfluous.empty())
    text += "# more than is needed:\n" + lines_for(host, "unallow", user, judged.superfluous);
  for (const std::string& set : judged.partly_needed_sets)
    text += fmt::format("# {}\n", one_line(set));
  return text;
}

std::string sudo_text(const std::vector<std::string>& refused) {
  std::string text = refused.empty() ? "# sudo permits what is needed\n" : "# missing:\n";
  for (const std::string& line : refused) text += line + "\n";
  return text + "# whether it permits more can't be told; `sudo -l` there shows it\n";
}

}  // namespace

Verdict verify(const Policy& policy, const Machines& machines, const HostDelegations& needs,
               const Grantee& grantee, const LookLimits& limits) {
  if (grantee.means == Means::none) return {};
  if (grantee.means == Means::doas)
    return failed("doas can't be asked what it permits; `zrepl allow` prints the line it needs");
  auto machine = machines(needs.host);
  if (!machine) return failed(machine.error().message);
  if (grantee.means == Means::sudo) return of_sudo(policy, **machine, needs, grantee.user, limits);
  auto seen = look_at_grants(**machine, *policy.find_host(needs.host), needs, grantee.user, limits);
  return seen ? of_grants(needs, std::move(*seen)) : failed(seen.error().message);
}

std::string verdict_text(const Host& host, const HostDelegations& needs, const Grantee& grantee,
                         const Verdict& verdict) {
  std::string text = grantee.heading + "\n";
  if (verdict.problem)
    return text + fmt::format("# it was not looked at: {}\n", one_line(*verdict.problem));
  if (verdict.user_problem) text += fmt::format("# {}\n", *verdict.user_problem);
  if (verdict.refused) text += sudo_text(*verdict.refused);
  if (!verdict.judged) return text;
  if (verdict.found == Found::right)
    text += fmt::format("# {} is allowed what is needed, and no more\n", grantee.user);
  return text + text_of(host, needs, grantee.user, *verdict.judged);
}

}  // namespace zr
