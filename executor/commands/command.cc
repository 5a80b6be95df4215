#include "executor/commands/command.h"

#include "executor/commands/command_allow.h"
#include "executor/commands/command_apply.h"
#include "executor/commands/command_completion.h"
#include "executor/commands/command_daemon.h"
#include "executor/commands/command_doc.h"
#include "executor/commands/command_explain.h"
#include "executor/commands/command_fmt.h"
#include "executor/commands/command_health.h"
#include "executor/commands/command_history.h"
#include "executor/commands/command_look.h"
#include "executor/commands/command_man.h"
#include "executor/commands/command_plan.h"
#include "executor/commands/command_serve.h"
#include "executor/commands/command_status.h"
#include "executor/commands/command_test.h"
#include "lang/overloaded.h"

namespace zr {

bool may_end_anytime(const Command& command) {
  return std::holds_alternative<CheckCommand>(command) ||
         std::holds_alternative<TestCommand>(command) ||
         std::holds_alternative<DocCommand>(command) ||
         std::holds_alternative<MapCommand>(command) ||
         std::holds_alternative<HistoryCommand>(command) ||
         std::holds_alternative<ServeCommand>(command);
}

bool lives_on(const Command& command) { return std::holds_alternative<DaemonCommand>(command); }

ExitStatus run_command(const Invocation& invocation, const Outside& outside,
                       const Console& console) {
  const auto timeout = invocation.zfs_timeout;
  const auto outcome = std::visit(
      overloaded{
          [&](const CheckCommand& c) { return check(c, console); },
          [&](const FormatCommand& c) { return format_sites(c, console); },
          [&](const TestCommand& c) { return test_site(c, console); },
          [&](const DocCommand& c) { return doc(c, console); },
          [&](const PlanCommand& c) { return plan(c, timeout, outside, console); },
          [&](const ApplyCommand& c) { return apply(c, timeout, outside, console); },
          [&](const ShowCommand& c) { return show(c, console); },
          [&](const GraphCommand& c) { return graph(c, timeout, outside, console); },
          [&](const ObserveCommand& c) { return observe_site(c, timeout, outside, console); },
          [&](const MapCommand& c) { return map(c, console); },
          [&](const WhyCommand& c) { return why_of(c, timeout, outside, console); },
          [&](const HealthCommand& c) { return health(c, timeout, outside, console); },
          [&](const HistoryCommand& c) { return history(c, console); },
          [&](const DaemonCommand& c) { return daemon(c, timeout, outside, console); },
          [&](const StatusCommand& c) { return status(c, timeout, outside, console); },
          [&](const ControlCommand& c) { return control(c, outside, console); },
          [&](const AllowCommand& c) { return allow(c, timeout, outside, console); },
          [&](const ServeCommand& c) { return serve(c, timeout, outside, console); },
          [&](const ExplainCommand& c) { return explain(c, console); },
          [&](const CompletionCommand& c) { return completion(c, console); },
          [&](const CompleteCommand& c) { return complete(c, console); },
          [&](const ManCommand& c) { return man(c, console); },
      },
      invocation.command);
  if (const auto* failure = std::get_if<Failure>(&outcome)) {
    console.err << failure->text;
    return failure->status;
  }
  return std::get<ExitStatus>(outcome);
}

}  // namespace zr
