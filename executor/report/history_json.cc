#include "executor/report/history_report.h"
#include "planner/json_writer.h"
#include "planner/render.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

void write_time(JsonWriter& out, std::string_view key, std::optional<Millis> time) {
  out.key(key).text_or_null(time ? std::optional(format_time(*time)) : std::nullopt);
}

void write_counts(JsonWriter& out, std::string_view key,
                  const std::map<std::string, std::uint64_t>& counts) {
  out.key(key).begin_object(Layout::one_line);
  for (const auto& [name, n] : counts) out.key(name).number(n);
  out.end_object();
}

}  // namespace

void write_run(JsonWriter& out, const PastRun& run) {
  out.begin_object(Layout::lines);
  write_time(out, "started", run.started);
  write_time(out, "ended", run.ended);
  out.key("bytes").number_or_null(run.bytes);
  write_counts(out, "outcomes", run.steps);
  write_counts(out, "failed_by_kind", run.failed_steps);
  out.key("failures").begin_array(run.failures.empty() ? Layout::one_line : Layout::lines);
  for (const PastRun::Failure& failure : run.failures) {
    out.begin_object(Layout::one_line);
    out.key("kind").text(failure.kind);
    out.key("host").text(failure.host);
    out.key("dataset").text(failure.dataset);
    out.key("message").text(failure.message);
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

std::string history_to_json(const HistoryOf& history) {
  JsonWriter out;
  out.begin_object(Layout::lines);
  out.key("format_version").text("1.0");
  out.key("site").text(history.site);
  out.key("site_name").text(history.site_name);
  out.key("known_runs").number(history.runs.size());
  out.key("history").begin_array(Layout::lines);
  const auto told = history.told();
  for (auto run = told.rbegin(); run != told.rend(); ++run) write_run(out, *run);
  out.end_array();
  out.end_object();
  return std::move(out).take();
}

}  // namespace zr
