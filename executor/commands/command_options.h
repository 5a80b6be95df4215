#pragma once

#include <string>
#include <variant>
#include <vector>

#include "executor/commands/command.h"
#include "executor/commands/command_help.h"
#include "executor/exit_status.h"

namespace zr {

// What a command takes, read off its options: `--help`, the completion of shells and the manual say
// the same because they say it from here.
struct Argument {
  bool is_option = false;
  std::string name;   // "--job"; of one that has a place, "SITE"
  std::string value;  // what its value is, "KIND.NAME", "dot|mermaid", "SITE"; empty for a flag
  std::string text;
  bool required = false;
  bool repeated = false;
};
// In the order in which they are shown, those with a place in the order of their places.
std::vector<Argument> arguments_of(const CommandHelp&);

// What was asked for. Help and the version are answered right here, as text for stdout.
struct Answer {
  std::string text;
};

// `arguments` are those after the command's name. A Failure has the status `wrong`.
std::variant<Invocation, Answer, Failure> parse_options(const CommandHelp&,
                                                        std::vector<std::string> arguments);

}  // namespace zr
