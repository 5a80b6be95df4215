#pragma once

#include <string>
#include <variant>
#include <vector>

#include "executor/commands/command_options.h"

namespace zr {

// `arguments` are those after the program's name. A Failure has the status `wrong`.
std::variant<Invocation, Answer, Failure> parse_command_line(std::vector<std::string> arguments);

}  // namespace zr
