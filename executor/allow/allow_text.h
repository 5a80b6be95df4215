#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "executor/machine/machine.h"
#include "lang/policy.h"
#include "planner/delegation.h"

namespace zr {

// Permissions as an administrator gives and takes them: lines for a shell, comments above them.

// How what a host's jobs need is given to whom.
enum class Means {
  zfs_allow,
  sudo,
  doas,
  none,  // nothing is needed, or there is nobody to ask; the host's heading says why
};
struct Grantee {
  Means means = Means::none;
  std::string user;
  std::string heading;  // "# host nas: ssh zrepl@nas.lan", without a line end
};

// `named` is who was asked for; otherwise the user who logs in there, or `current`, who runs this
// program here; instead of root `zrepl`.
Grantee grantee_on(const Host&, const std::optional<std::string>& named,
                   const std::string& current);

// What can be the name of a user in all that is printed.
bool is_user_name(std::string_view);

// zfs allow [-l | -d] -u USER PERMISSIONS DATASET
Argv allow_command(const Host&, const std::string& verb, Scope, const std::string& user,
                   const std::set<std::string>& permissions, const std::string& dataset);
// zfs create -p … DATASET: does nothing where it is there.
Argv make_placeholder_command(const Host&, const DatasetName&);
// For a shell, without a line end; a comment for what can't be handed to one.
std::string shell_line(const Argv&);

// The lines alone, without line ends.
std::vector<std::string> allow_lines(const Policy&, const HostDelegations&, const Grantee&);

// All that the host needs, from its heading to its last line.
std::string allow_text(const Policy&, const HostDelegations&, const Grantee&);

}  // namespace zr
