#include "executor/commands/command_health.h"

#include <algorithm>

#include "executor/commands/planning.h"
#include "executor/commands/site.h"
#include "executor/progress/progress_text.h"
#include "executor/report/health_report.h"
#include "executor/text_file.h"
#include "planner/health_json.h"
#include "planner/health_text.h"

namespace zr {
namespace {

std::variant<Health, Failure> judged(const HealthCommand& command, std::chrono::seconds zfs_timeout,
                                     const Outside& outside, const Console& console) {
  auto site = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  auto& [policy, warnings] = std::get<Site>(site);
  console.err << warnings;
  if (auto failure = select_jobs(policy, command.planning.jobs)) return *failure;
  const Millis now = command.planning.now.value_or(outside.clock());
  auto world = world_for(policy, command.planning, reach_of(policy, now, zfs_timeout), outside);
  if (auto* failure = std::get_if<Failure>(&world)) return *failure;
  return judge_health(policy, std::get<World>(world), now);
}

std::string text_of(const Health& health, const HealthCommand& command, const Console& console) {
  switch (command.format) {
    case HealthFormat::json:
      return health_to_json(health);
    case HealthFormat::nagios:
      return health_to_nagios(health);
    case HealthFormat::openmetrics:
      return health_to_openmetrics(health);
    case HealthFormat::text:
      break;
  }
  return render(health, {console.color_out && !command.out});
}

ExitStatus nagios_status(HealthStatus status) { return static_cast<ExitStatus>(status); }

Outcome told(const Health& health, const HealthCommand& command, const Console& console) {
  const std::string text = text_of(health, command, console);
  if (!command.out) {
    console.out << text;
  } else if (auto written = write_text_file(*command.out, text); !written) {
    return Failure::because(ExitStatus::failed, written.error().message);
  }
  if (command.format == HealthFormat::nagios) return nagios_status(health.status());
  return health.status() == HealthStatus::ok ? ExitStatus::done : ExitStatus::conflicts;
}

// What a failure comes to, on the one line that a check shows. Details go to stderr as ever.
std::string plugin_line(const Failure& failure) {
  std::string line = one_line(failure.text.substr(0, failure.text.find('\n')));
  std::replace(line.begin(), line.end(), '|', '/');
  return "ZREPL UNKNOWN - " + line + "\n";
}

}  // namespace

Outcome health(const HealthCommand& command, std::chrono::seconds zfs_timeout,
               const Outside& outside, const Console& console) {
  auto result = judged(command, zfs_timeout, outside, console);
  auto* failure = std::get_if<Failure>(&result);
  Outcome outcome = failure ? Outcome(*failure) : told(std::get<Health>(result), command, console);
  failure = std::get_if<Failure>(&outcome);
  if (!failure || command.format != HealthFormat::nagios) return outcome;
  console.out << plugin_line(*failure);
  console.err << failure->text;
  return nagios_status(HealthStatus::unknown);
}

}  // namespace zr
