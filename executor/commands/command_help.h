#pragma once

#include <span>
#include <string>
#include <string_view>

namespace zr {

// What `--help` says, apart from the usage and the options, which the command line's parser knows.
struct CommandHelp {
  std::string_view name;
  std::string_view summary;
  std::string_view details;
  std::string_view examples;
};

// Every command there is, in the order in which they are shown.
std::span<const CommandHelp> all_commands();
// Null when there is none of that name.
const CommandHelp* find_command(std::string_view name);
// "; did you mean 'plan'?", to end a message with; empty when no command is near.
std::string meant_command(const std::string& name);

// What a number or a name stands for, in a few words.
struct Meaning {
  std::string_view subject;
  std::string_view text;
};
std::span<const Meaning> exit_meanings();
std::span<const Meaning> environment();

std::string_view introduction();   // what zrepl is, in two lines
std::string_view first_session();  // a few commands to begin with, a line each

std::string overview();
std::string help_of(const CommandHelp&, std::string_view usage);

}  // namespace zr
