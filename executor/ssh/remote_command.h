#pragma once

#include <string>

#include "executor/machine/machine.h"
#include "executor/result.h"

namespace zr {

// The one place where arguments become a shell's text: sshd hands what it is given to the login
// shell of the user there. Whatever the arguments hold, sh, dash, bash, zsh, ksh, csh, tcsh and
// fish make exactly them of it. An error when an argument is empty of sense to some of those: it
// holds a NUL, a line end or another control character, or is no UTF-8.
Result<std::string> remote_command(const Argv&);

// The same for a program that is to run in the C locale, and is looked for where zfs(8) usually is,
// too.
Result<std::string> remote_shell_command(const Argv&);

}  // namespace zr
