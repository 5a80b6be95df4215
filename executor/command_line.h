#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "executor/command.h"
#include "executor/exit_status.h"

namespace zr {

// What was asked for. Help and the version are answered right here, as text for stdout.
struct Answer {
  std::string text;
};

// `arguments` are those after the program's name. A Failure has the status `wrong`.
std::variant<Invocation, Answer, Failure> parse_command_line(std::vector<std::string> arguments);

}  // namespace zr
