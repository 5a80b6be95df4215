#include "executor/daemon/status_json.h"

#include <limits>

#include "planner/json_time.h"
#include "planner/render.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

std::optional<std::string> text_of(std::optional<Seconds> time) {
  if (!time) return std::nullopt;
  return format_time(Millis(*time));
}

std::optional<Seconds> time_or_none(const JsonFields& in, std::string_view key) {
  if (!in.find(key)) return std::nullopt;
  return in.parsed(key, "time", seconds_from_json);
}

Seconds time_in(const JsonFields& in, std::string_view key) {
  return in.parsed(key, "time", seconds_from_json).value_or(Seconds{});
}

JobId job_in(const JsonFields& in, std::string_view key) {
  return in.parsed(key, "job", JobId::parse).value_or(JobId{});
}

void write(JsonWriter& out, const JobState& state) {
  out.begin_object(Layout::one_line);
  out.key("job").text(state.job.str());
  out.key("running").flag(state.is_running);
  out.key("paused").flag(state.is_paused);
  out.key("wanted").flag(state.is_wanted);
  out.key("due").text_or_null(text_of(state.due));
  out.key("began").text_or_null(text_of(state.began));
  out.key("ended").text_or_null(text_of(state.ended));
  out.key("status").number_or_null(
      state.status ? std::optional(static_cast<std::uint64_t>(*state.status)) : std::nullopt);
  out.end_object();
}

void write(JsonWriter& out, const RunState& run, Layout layout) {
  out.begin_object(layout);
  out.key("name").text(run.name.str());
  out.key("jobs").begin_array(Layout::one_line);
  for (const JobId& job : run.jobs) out.text(job.str());
  out.end_array();
  out.key("began").text(*text_of(run.began));
  out.key("steps").number(run.steps);
  out.key("done").number(run.done);
  out.key("failed").number(run.failed);
  out.key("streams").begin_array(layout);
  for (const StreamState& stream : run.streams) {
    out.begin_object(Layout::one_line);
    out.key("host").text(stream.host.value);
    out.key("dataset").text(stream.dataset);
    out.key("bytes").number(stream.bytes);
    out.key("of_bytes").number(stream.of_bytes);
    out.key("rate").number(stream.rate);
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

JobState job_state(const JsonFields& in) {
  JobState state;
  state.job = job_in(in, "job");
  state.is_running = in.flag("running");
  state.is_paused = in.flag("paused");
  state.is_wanted = in.flag("wanted");
  state.due = time_or_none(in, "due");
  state.began = time_or_none(in, "began");
  state.ended = time_or_none(in, "ended");
  if (in.find("status")) state.status = static_cast<ExitStatus>(in.number("status", 255));
  return state;
}

RunState run_state(const JsonFields& in) {
  RunState run;
  run.name = job_in(in, "name");
  for (const std::string& text : in.texts("jobs")) {
    if (auto job = JobId::parse(text)) run.jobs.push_back(*std::move(job));
  }
  run.began = time_in(in, "began");
  run.steps = in.number("steps");
  run.done = in.number("done");
  run.failed = in.number("failed");
  for (const JsonFields& stream : in.objects("streams")) {
    run.streams.push_back({HostName(stream.text("host")), stream.text("dataset"),
                           stream.number("bytes"), stream.number("of_bytes"),
                           stream.number("rate")});
  }
  return run;
}

}  // namespace

void write_members(JsonWriter& out, const DaemonStatus& status, Layout layout) {
  out.key("pid").number(static_cast<std::uint64_t>(status.pid));
  out.key("since").text(*text_of(status.since));
  out.key("policy_hash").text(status.policy_hash);
  out.key("clock_doubt")
      .text_or_null(status.clock_doubt.empty() ? std::nullopt : std::optional(status.clock_doubt));
  out.key("jobs").begin_array(layout);
  for (const JobState& state : status.jobs) write(out, state);
  out.end_array();
  out.key("runs").begin_array(layout);
  for (const RunState& run : status.runs) write(out, run, layout);
  out.end_array();
}

DaemonStatus read_daemon_status(const JsonFields& in) {
  DaemonStatus status;
  status.pid = static_cast<std::int64_t>(
      in.number("pid", static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())));
  status.since = time_in(in, "since");
  status.policy_hash = in.text("policy_hash");
  status.clock_doubt = in.optional_text("clock_doubt").value_or("");
  for (const JsonFields& job : in.objects("jobs")) status.jobs.push_back(job_state(job));
  for (const JsonFields& run : in.objects("runs")) status.runs.push_back(run_state(run));
  return status;
}

}  // namespace zr
