#include "executor/commands/command_completion.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "executor/commands/complete.h"
#include "executor/commands/site.h"
#include "executor/progress/progress_text.h"
#include "lang/embedded.h"

namespace zr {
namespace {

// A pipe would keep the shell waiting for somebody to write to it.
std::optional<Policy> read_policy(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored))
    return std::nullopt;
  auto text = read_site_file(path);
  if (std::holds_alternative<Failure>(text)) return std::nullopt;
  return compile_text(path, std::get<std::string>(std::move(text))).policy;
}

}  // namespace

Outcome completion(const CompletionCommand& command, const Console& console) {
  std::vector<std::string_view> shells;
  for (const EmbeddedText& script : embedded_completion()) {
    if (script.name == command.shell) {
      console.out << script.text;
      return ExitStatus::done;
    }
    shells.push_back(script.name);
  }
  return Failure::because(ExitStatus::wrong,
                          fmt::format("there is no completion for '{}'", one_line(command.shell)),
                          fmt::format("there is one for {}", fmt::join(shells, ", ")));
}

Outcome complete(const CompleteCommand& command, const Console& console) {
  const Completion found = complete(command.words, read_policy);
  if (found.files_ending) console.out << ":files\t" << *found.files_ending << "\n";
  if (found.open) console.out << ":open\t\n";
  for (const Proposal& proposal : found.proposals)
    console.out << one_line(proposal.word) << "\t" << one_line(proposal.text) << "\n";
  return ExitStatus::done;
}

}  // namespace zr
