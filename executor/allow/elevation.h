#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/machine/machine.h"
#include "lang/names.h"
#include "planner/delegation.h"

namespace zr {

// zfs that is run as root by way of another program, and what that has to be told so that it does.

struct Elevation {
  bool is_sudo = true;  // otherwise doas
  Argv before;          // {"sudo", "-n"}
  std::string program;  // "zfs", as it is run
};

// None where zfs is run as it is.
std::optional<Elevation> elevation_of(const Argv& zfs);

// Lines of sudoers(5), or of doas.conf(5), that allow `user` the commands of zfs(8) that are named,
// and looking. In sudoers as narrow as its patterns make them: the options are those that this
// program gives, the marks those of the site, or of any site where a client's are made; a dataset
// can't be told from another, since `*` is any text, blanks included.
std::vector<std::string> elevation_lines(const Elevation&, const std::string& user, const SiteName&,
                                         const Permissions& commands);

// One of the lines that sudo needs, and a command that asks sudo about it: its status is 0 when it
// is permitted. Nothing is run by it.
struct SudoQuestion {
  std::string line;
  Argv ask;
};
std::vector<SudoQuestion> sudo_questions(const Elevation&, const std::string& user, const SiteName&,
                                         const Permissions& commands);

}  // namespace zr
