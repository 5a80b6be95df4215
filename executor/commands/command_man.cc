#include "executor/commands/command_man.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "executor/commands/command_help.h"
#include "executor/commands/man_page.h"
#include "executor/progress/progress_text.h"
#include "executor/text_file.h"

namespace zr {
namespace {

Outcome write_pages(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return Failure::because(
        ExitStatus::failed,
        fmt::format("cannot make the folder '{}': {}", one_line(folder.string()), error.message()));
  for (const ManPage& page : man_pages()) {
    if (const auto written = write_text_file(folder / page.file, page.text); !written)
      return Failure::because(ExitStatus::failed, written.error().message);
  }
  return ExitStatus::done;
}

}  // namespace

Outcome man(const ManCommand& command, const Console& console) {
  if (command.folder) return write_pages(*command.folder);
  if (!command.about) {
    console.out << man_page().text;
    return ExitStatus::done;
  }
  if (const CommandHelp* help = find_command(*command.about)) {
    console.out << man_page(*help).text;
    return ExitStatus::done;
  }
  const std::string message = fmt::format("there is no command '{}'{}", one_line(*command.about),
                                          meant_command(*command.about));
  return Failure::because(ExitStatus::wrong, message, "zrepl --help lists the commands");
}

}  // namespace zr
