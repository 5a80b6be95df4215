#pragma once

#include <string_view>

#include "executor/commands/command.h"

namespace CLI {
class App;
}

namespace zr {

// Declares the arguments and options of a command, which has to be one of all_commands(), and has
// the parser fill in that command. Internal to command_options.cc.
void declare_options(std::string_view command, CLI::App&, Invocation&);

}  // namespace zr
