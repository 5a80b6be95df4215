#include "executor/commands/command_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "executor/commands/command_help.h"

namespace zr {
namespace {

Failure unknown_command(const std::string& name) {
  const std::string message = fmt::format("unknown command '{}'{}", name, meant_command(name));
  return Failure::because(ExitStatus::wrong, message, "zrepl --help lists the commands");
}

}  // namespace

std::variant<Invocation, Answer, Failure> parse_command_line(std::vector<std::string> arguments) {
  if (arguments.empty()) return Failure{ExitStatus::wrong, overview()};
  const std::string first = arguments.front();
  arguments.erase(arguments.begin());
  if (first == "--help" || first == "-h" || first == "help") return Answer{overview()};
  if (first == "--version") return Answer{"zrepl " ZREPL_VERSION "\n"};
  if (const CommandHelp* help = find_command(first))
    return parse_options(*help, std::move(arguments));
  if (!first.empty() && first.front() == '-')
    return Failure::because(ExitStatus::wrong,
                            fmt::format("'{}' is not expected before a command", first),
                            "zrepl --help lists the commands");
  return unknown_command(first);
}

}  // namespace zr
