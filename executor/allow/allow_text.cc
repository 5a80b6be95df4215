#include "executor/allow/allow_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "executor/allow/elevation.h"
#include "executor/progress/progress_text.h"
#include "executor/ssh/remote_command.h"
#include "executor/zfs/zfs_argv.h"
#include "lang/overloaded.h"

namespace zr {
namespace {

constexpr std::string_view placeholder_notes =
    "# Targets that are not there yet have to be made first, since permissions are given on what\n"
    "# there is. The raw copy of an encrypted dataset can't be received over one of these: for\n"
    "# such a target leave out its line here, and until the first copy is there give its parent,\n"
    "# with -d, all that it is allowed below, and with -l create,mount,receive.\n";
constexpr std::string_view sudo_notes =
    "# zfs is run as root by sudo: lines for a file in /etc/sudoers.d (visudo -f). A `*` is any\n"
    "# text, blanks included, so each command is allowed on every dataset of the host.\n";
constexpr std::string_view doas_notes =
    "# zfs is run as root by doas: a line for /etc/doas.conf. doas can't tell commands of zfs\n"
    "# apart, so all of them are allowed, on every dataset of the host.\n";

std::string transport_text(const Host& host) {
  return std::visit(overloaded{
                        [](const LocalTransport&) { return std::string("local"); },
                        [](const SimTransport&) { return std::string("simulated"); },
                        [](const SshTransport& ssh) {
                          return "ssh " + (ssh.user ? *ssh.user + "@" : "") + ssh.address;
                        },
                        [](const CommandTransport&) { return std::string("by a command"); },
                    },
                    host.transport);
}

std::string_view scope_option(Scope scope) {
  return scope == Scope::all ? "" : scope == Scope::itself ? "-l" : "-d";
}

std::string joined(const std::set<Purpose>& purposes) {
  std::string text;
  for (const Purpose& purpose : purposes) text += (text.empty() ? "" : ", ") + to_string(purpose);
  return text;
}

// "#   destroy, mount: prune.data", a line for all that is needed for the same.
std::string reasons(const Permissions& permissions) {
  std::map<std::set<Purpose>, std::string> by_purposes;
  for (const auto& [permission, purposes] : permissions) {
    std::string& names = by_purposes[purposes];
    names += (names.empty() ? "" : ", ") + permission;
  }
  std::string text;
  for (const auto& [purposes, names] : by_purposes)
    text += fmt::format("#   {}: {}\n", one_line(names), joined(purposes));
  return text;
}

// A line that does something for each pool that there is.
std::string for_each_pool(const Host& host, const Argv& command) {
  Argv pools = host.zfs_argv;
  pools.insert(pools.end(), {"list", "-H", "-o", "name", "-d", "0"});
  return fmt::format("{} | while read -r pool; do {} \"$pool\"; done", shell_line(pools),
                     shell_line(command));
}

std::string zfs_allow_text(const Host& host, const HostDelegations& needs,
                           const std::string& user) {
  std::string text;
  if (!needs.placeholders.empty()) {
    text += placeholder_notes;
    for (const DatasetName& dataset : needs.placeholders)
      text += shell_line(make_placeholder_command(host, dataset)) + "\n";
  }
  for (const Delegation& need : needs.delegations) {
    text += reasons(need.permissions);
    Argv command = allow_command(host, "allow", need.scope, user, names_of(need.permissions),
                                 need.dataset ? need.dataset->str() : "");
    if (need.dataset) {
      text += shell_line(command) + "\n";
    } else {
      command.pop_back();
      text += for_each_pool(host, command) + "\n";
    }
  }
  return text;
}

std::string elevated_text(const Policy& policy, const Host& host, const HostDelegations& needs,
                          const std::string& user) {
  const Elevation elevation = *elevation_of(host.zfs_argv);
  std::string text(elevation.is_sudo ? sudo_notes : doas_notes);
  text += reasons(needs.commands);
  for (const std::string& line : elevation_lines(elevation, user, policy.site, needs.commands))
    text += line + "\n";
  return text;
}

}  // namespace

bool is_user_name(std::string_view name) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= 256 && name.front() != '-' && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_word);
}

Grantee grantee_on(const Host& host, const std::optional<std::string>& named,
                   const std::string& current) {
  const auto* ssh = std::get_if<SshTransport>(&host.transport);
  Grantee grantee{Means::none, named.value_or(ssh && ssh->user ? *ssh->user : current),
                  fmt::format("# host {}: {}", host.name.value, one_line(transport_text(host)))};
  const bool is_chosen = named || (ssh && ssh->user);
  if (!is_chosen && grantee.user == "root") grantee.user = "zrepl";
  if (std::holds_alternative<SimTransport>(host.transport)) {
    grantee.heading += "; there is nothing to allow";
  } else if (has_own_site_file(host)) {
    grantee.heading +=
        "; its agent goes by the site file there: `zrepl allow` on that says what is needed";
  } else if (grantee.user == "root") {
    grantee.heading += "; root needs no permission (--user NAME is for another)";
  } else if (!is_user_name(grantee.user)) {
    grantee.heading += "; the user's name is too odd for this (--user NAME is for another)";
  } else if (const auto elevation = elevation_of(host.zfs_argv)) {
    grantee.means = elevation->is_sudo ? Means::sudo : Means::doas;
  } else {
    grantee.means = Means::zfs_allow;
  }
  return grantee;
}

Argv allow_command(const Host& host, const std::string& verb, Scope scope, const std::string& user,
                   const std::set<std::string>& permissions, const std::string& dataset) {
  Argv command = host.zfs_argv;
  command.push_back(verb);
  if (scope != Scope::all) command.emplace_back(scope_option(scope));
  command.insert(command.end(),
                 {"-u", user, fmt::format("{}", fmt::join(permissions, ",")), dataset});
  return command;
}

Argv make_placeholder_command(const Host& host, const DatasetName& dataset) {
  Argv command = host.zfs_argv;
  Argv arguments = create_placeholder({dataset, false});
  arguments.insert(arguments.begin() + 1, "-p");
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::string shell_line(const Argv& command) {
  const auto text = remote_command(command);
  return text ? *text : "# " + one_line(text.error().message);
}

std::vector<std::string> allow_lines(const Policy& policy, const HostDelegations& needs,
                                     const Grantee& grantee) {
  const std::string text = allow_text(policy, needs, grantee);
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (text[begin] != '#') lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string allow_text(const Policy& policy, const HostDelegations& needs, const Grantee& grantee) {
  const Host& host = *policy.find_host(needs.host);
  std::string text = grantee.heading + "\n";
  if (grantee.means == Means::zfs_allow) text += zfs_allow_text(host, needs, grantee.user);
  if (grantee.means == Means::sudo || grantee.means == Means::doas)
    text += elevated_text(policy, host, needs, grantee.user);
  return text;
}

}  // namespace zr
