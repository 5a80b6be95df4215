#include "executor/commands/command_plan.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "executor/commands/command_look.h"
#include "executor/commands/planning.h"
#include "executor/commands/saved_plan.h"
#include "executor/text_file.h"
#include "planner/json.h"
#include "planner/render.h"

namespace zr {
namespace {

ExitStatus detailed(const Plan& plan) {
  if (!plan.conflicts.empty() || !plan.over_budget.empty()) return ExitStatus::conflicts;
  return plan.noop() ? ExitStatus::done : ExitStatus::changes;
}

void print(const Plan& plan, bool json, const Console& console) {
  console.out << (json ? plan_to_json(plan) : render(plan, {console.color_out}));
}

std::variant<Plan, Failure> plan_or_load(const GraphCommand& command, const std::string& text,
                                         std::chrono::seconds zfs_timeout, const Outside& outside,
                                         const Console& console) {
  const Planning& planning = command.planning;
  if (is_saved_plan(text)) {
    if (!planning.jobs.empty() || planning.now || planning.world)
      return Failure::because(ExitStatus::wrong,
                              fmt::format("{} is a saved plan: --job, --now and --world are of no "
                                          "use with it",
                                          command.target));
    return read_saved_plan(text, command.target);
  }
  auto site = compile_site(command.target, text, style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  console.err << std::get<Site>(site).warnings;
  return plan_for(std::get<Site>(site).policy, planning, zfs_timeout, outside);
}

}  // namespace

Outcome plan(const PlanCommand& command, std::chrono::seconds zfs_timeout, const Outside& outside,
             const Console& console) {
  auto site = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  console.err << std::get<Site>(site).warnings;
  auto planned = plan_for(std::get<Site>(site).policy, command.planning, zfs_timeout, outside);
  if (auto* failure = std::get_if<Failure>(&planned)) return *failure;
  const Plan& plan = std::get<Plan>(planned);
  print(plan, command.json, console);
  if (command.out) {
    if (auto written = write_text_file(*command.out, plan_to_json(plan)); !written)
      return Failure::because(ExitStatus::failed, written.error().message,
                              "the plan was not saved; nothing else is affected");
    console.out.flush();
    fmt::print(console.err, "saved in {0}; to carry it out: zrepl apply {0}\n", *command.out);
  }
  return command.detailed_exitcode ? detailed(plan) : ExitStatus::done;
}

Outcome show(const ShowCommand& command, const Console& console) {
  if (command.effective) return show_effective(command.plan, command.object, console);
  auto text = read_text_file(command.plan, max_document_bytes);
  if (!text) return Failure::because(ExitStatus::wrong, text.error().message);
  auto plan = read_saved_plan(*text, command.plan);
  if (auto* failure = std::get_if<Failure>(&plan)) return *failure;
  print(std::get<Plan>(plan), command.json, console);
  return ExitStatus::done;
}

Outcome graph(const GraphCommand& command, std::chrono::seconds zfs_timeout, const Outside& outside,
              const Console& console) {
  auto text = read_text_file(command.target, max_document_bytes);
  if (!text) return Failure::because(ExitStatus::wrong, text.error().message);
  auto plan = plan_or_load(command, *text, zfs_timeout, outside, console);
  if (auto* failure = std::get_if<Failure>(&plan)) return *failure;
  console.out << draw(std::get<Plan>(plan), command.format);
  return ExitStatus::done;
}

}  // namespace zr
