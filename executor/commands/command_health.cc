#include "executor/commands/command_health.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "executor/commands/planning.h"
#include "executor/commands/site.h"
#include "executor/commands/state_folder.h"
#include "executor/progress/progress_text.h"
#include "executor/report/health_report.h"
#include "executor/run/history.h"
#include "executor/text_file.h"
#include "planner/health_json.h"
#include "planner/health_text.h"

namespace zr {
namespace {

struct Judged {
  Health health;
  std::optional<PastRun> last_run;
};

// Of no use with a recorded world: the journal here tells of the present. Without it the rest is
// worth having all the same.
std::optional<PastRun> last_run_of(const Policy& policy, const HealthCommand& command,
                                   const Console& console) {
  if (command.format != HealthFormat::openmetrics || command.planning.world) return {};
  const auto folder = state_folder(policy);
  if (!folder) return {};
  auto run = read_last_run(journal_in(*folder, policy));
  if (run) return *run;
  fmt::print(console.err, "warning: nothing is known of the last run: {}\n",
             one_line(run.error().message));
  return {};
}

std::variant<Judged, Failure> judged(const HealthCommand& command, std::chrono::seconds zfs_timeout,
                                     const Outside& outside, const Console& console) {
  auto site = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  auto& [policy, warnings] = std::get<Site>(site);
  console.err << warnings;
  if (auto failure = select_jobs(policy, command.planning.jobs)) return *failure;
  const Millis now = command.planning.now.value_or(outside.clock());
  auto world = world_for(policy, command.planning, reach_of(policy, now, zfs_timeout), outside);
  if (auto* failure = std::get_if<Failure>(&world)) return *failure;
  return Judged{judge_health(policy, std::get<World>(world), now),
                last_run_of(policy, command, console)};
}

std::string text_of(const Judged& judged, const HealthCommand& command, const Console& console) {
  const Health& health = judged.health;
  switch (command.format) {
    case HealthFormat::json:
      return health_to_json(health);
    case HealthFormat::nagios:
      return health_to_nagios(health);
    case HealthFormat::openmetrics:
      return health_to_openmetrics(health, judged.last_run);
    case HealthFormat::text:
      break;
  }
  return render(health, {console.color_out && !command.out});
}

ExitStatus nagios_status(HealthStatus status) { return static_cast<ExitStatus>(status); }

Outcome told(const Judged& judged, const HealthCommand& command, const Console& console) {
  const std::string text = text_of(judged, command, console);
  if (!command.out) {
    console.out << text;
  } else if (auto written = write_text_file(*command.out, text); !written) {
    return Failure::because(ExitStatus::failed, written.error().message);
  }
  if (command.format == HealthFormat::nagios) return nagios_status(judged.health.status());
  return judged.health.status() == HealthStatus::ok ? ExitStatus::done : ExitStatus::conflicts;
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
  Outcome outcome = failure ? Outcome(*failure) : told(std::get<Judged>(result), command, console);
  failure = std::get_if<Failure>(&outcome);
  if (!failure || command.format != HealthFormat::nagios) return outcome;
  console.out << plugin_line(*failure);
  console.err << failure->text;
  return nagios_status(HealthStatus::unknown);
}

}  // namespace zr
