#include "executor/commands/command_history.h"

#include "executor/commands/planning.h"
#include "executor/commands/site.h"
#include "executor/commands/state_folder.h"
#include "executor/report/history_report.h"
#include "executor/run/history.h"

namespace zr {

Outcome history(const HistoryCommand& command, const Console& console) {
  auto site = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  const Policy& policy = std::get<Site>(site).policy;
  console.err << std::get<Site>(site).warnings;
  const auto folder = state_folder(policy);
  if (!folder) return Failure::because(ExitStatus::failed, folder.error().message);
  const auto runs = read_runs(journal_in(*folder, policy));
  if (!runs) return Failure::because(ExitStatus::failed, runs.error().message);
  const HistoryOf told{policy.file, policy.site.value, *runs, command.limit};
  console.out << (command.json ? history_to_json(told) : history_to_text(told));
  return ExitStatus::done;
}

}  // namespace zr
