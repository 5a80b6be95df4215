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

std::string overview();
std::string help_of(const CommandHelp&, std::string_view usage);

}  // namespace zr
