#include <fmt/format.h>

#include "executor/progress/progress_text.h"
#include "executor/report/status_report.h"
#include "executor/report/text_table.h"
#include "planner/health_text.h"
#include "planner/render.h"
#include "planner/render_text.h"

namespace zr {
namespace {

using std::chrono::seconds;

// "0:35", also where a clock was set back.
std::string since(Seconds then, Seconds now) {
  return format_elapsed(std::max(seconds(0), now - then));
}

const char* words_of(ExitStatus status) {
  switch (status) {
    case ExitStatus::done:
      return "done";
    case ExitStatus::conflicts:
      return "conflicts, or over budget";
    case ExitStatus::steps_failed:
      return "steps failed";
    default:
      return "failed";
  }
}

std::string state_of(const JobState& job) {
  if (job.is_running) return job.is_wanted ? "running, and asked for" : "running";
  if (job.is_wanted) return "asked for";
  return job.is_paused ? "paused" : "waiting";
}

std::string due_of(const JobState& job, Seconds now) {
  if (job.is_running || !job.due) return "-";
  return *job.due > now ? "in " + format_elapsed(*job.due - now) : "as soon as can be";
}

std::string jobs_of(const DaemonStatus& daemon, Seconds now) {
  TextTable table("<<>>><");
  table.add({"job", "state", "next", "last ended", "took", "result"});
  for (const JobState& job : daemon.jobs) {
    const bool has_run = job.began && job.ended && job.status;
    table.add({job.job.str(), state_of(job), due_of(job, now),
               has_run ? since(*job.ended, now) + " ago" : "-",
               has_run ? since(*job.began, *job.ended) : "-",
               has_run ? words_of(*job.status) : "-"});
  }
  return table.text();
}

std::string line_of(const StreamState& stream) {
  std::string text = fmt::format("{}:{}  {}", stream.host.value, escaped(stream.dataset),
                                 format_bytes(stream.bytes));
  if (stream.of_bytes > 0) {
    text += fmt::format(" of {} ({} %)", format_bytes(stream.of_bytes),
                        std::min(100, static_cast<int>(100.0 * static_cast<double>(stream.bytes) /
                                                       static_cast<double>(stream.of_bytes))));
  }
  text += "  " + format_rate(static_cast<double>(stream.rate));
  if (stream.rate > 0 && stream.of_bytes > stream.bytes) {
    const auto left = seconds((stream.of_bytes - stream.bytes) / stream.rate);
    text += "  " + format_elapsed(left) + " left";
  }
  return text;
}

std::string runs_of(const DaemonStatus& daemon, Seconds now) {
  std::string out;
  for (const RunState& run : daemon.runs) {
    out += fmt::format("\n{} runs for {}: ", run.name.str(), since(run.began, now));
    out += run.steps == 0 ? "looking and planning"
                          : fmt::format("{} of {} steps done", run.done, run.steps);
    out += run.failed > 0 ? fmt::format(", {} failed\n", run.failed) : "\n";
    for (const StreamState& stream : run.streams) out += "    " + line_of(stream) + "\n";
  }
  return out;
}

std::string daemon_text(const DaemonStatus& daemon, const StatusOf& status) {
  std::string out =
      fmt::format("a daemon runs for {}, pid {}\n", since(daemon.since, status.now), daemon.pid);
  if (daemon.policy_hash != status.policy_hash)
    out += fmt::format(
        "the site file means something else than what it runs; to have it read: "
        "kill -HUP {}\n",
        daemon.pid);
  if (!daemon.clock_doubt.empty()) out += daemon.clock_doubt + "\n";
  return out + "\n" + jobs_of(daemon, status.now) + runs_of(daemon, status.now);
}

std::string last_run_text(const PastRun& run, Seconds now) {
  if (!run.ended) return "the last run did not end: it was killed, or is still going\n";
  std::string steps;
  for (const auto& [outcome, count] : run.steps)
    if (count > 0) steps += fmt::format("{}{} {}", steps.empty() ? "" : ", ", count, outcome);
  return fmt::format("the last run that had something to do ended {} ago: {}\n",
                     since(std::chrono::floor<seconds>(*run.ended), now),
                     steps.empty() ? "nothing done" : steps);
}

}  // namespace

std::string status_to_text(const StatusOf& status) {
  std::string out = fmt::format("site {} ({}): ", status.site_name, shown(status.site));
  out += status.daemon ? daemon_text(*status.daemon, status) : "no daemon runs\n";
  if (!status.daemon) {
    out += status.last_run ? last_run_text(*status.last_run, status.now)
                           : "its journal tells of no run that has ended\n";
  }
  if (status.health) out += "\n" + render(*status.health, {});
  return out;
}

}  // namespace zr
