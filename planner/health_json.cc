#include "planner/health_json.h"

#include "planner/json_members.h"
#include "planner/json_writer.h"
#include "planner/render.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

void write(JsonWriter& out, std::string_view key, std::optional<std::chrono::seconds> value) {
  std::optional<std::uint64_t> seconds;
  if (value) seconds = static_cast<std::uint64_t>(value->count());
  out.key(key).number_or_null(seconds);
}

void write_counts(JsonWriter& out, const Health& health) {
  out.key("counts").begin_object(Layout::one_line);
  for (const HealthStatus status :
       {HealthStatus::ok, HealthStatus::warning, HealthStatus::critical, HealthStatus::unknown}) {
    out.key(to_string(status)).number(health.count(status));
  }
  out.end_object();
}

void write_datasets(JsonWriter& out, const std::vector<HealthDataset>& datasets) {
  out.key("datasets").begin_array(Layout::lines);
  for (const HealthDataset& d : datasets) {
    out.begin_object(Layout::one_line);
    out.key("host").text(d.host.value);
    out.key("dataset").text(d.dataset.str());
    out.key("snapshots").number(d.snapshots);
    write(out, "newest_age_seconds", d.newest_age);
    write(out, "oldest_age_seconds", d.oldest_age);
    out.end_object();
  }
  out.end_array();
}

void write_plan(JsonWriter& out, const Health& health) {
  out.key("plan").begin_object(Layout::lines);
  out.key("steps").begin_object(Layout::one_line);
  for (const auto& [kind, n] : health.plan_steps) out.key(kind).number(n);
  out.end_object();
  out.key("bytes").number(health.plan_bytes);
  out.key("blocked").number(health.plan_blocked);
  out.end_object();
}

}  // namespace

void write_verdict(JsonWriter& out, const HealthVerdict& v) {
  out.begin_object(Layout::lines);
  out.key("aspect").text(to_string(v.aspect));
  out.key("status").text(to_string(v.status));
  out.key("host").text(v.host.value);
  out.key("dataset").text_or_null(v.dataset);
  out.key("job").text_or_null(v.job ? std::optional(v.job->str()) : std::nullopt);
  out.key("message").text(v.message);
  out.key("help").text(v.help);
  write_origin(out, v.origin);
  write(out, "age_seconds", v.age);
  write(out, "promised_age_seconds", v.promised_age);
  write(out, "critical_age_seconds", v.critical_age);
  out.key("snapshots").number_or_null(v.snapshots);
  write(out, "base_lost_in_seconds", v.base_lost_in);
  out.key("conflict")
      .text_or_null(v.conflict ? std::optional(std::string(to_string(*v.conflict))) : std::nullopt);
  out.end_object();
}

std::string health_to_json(const Health& health) {
  JsonWriter out;
  out.begin_object(Layout::lines);
  out.key("format_version").text("1.0");
  out.key("policy_hash").text(health.policy_hash);
  out.key("site").text(health.site_file);
  out.key("site_name").text(health.site.value);
  out.key("now").text(format_time(health.now));
  if (!health.only.empty()) {
    out.key("only").begin_array(Layout::one_line);
    for (const JobId& job : health.only) out.text(job.str());
    out.end_array();
  }
  write_hosts(out, "hosts", health.hosts);
  write_hosts(out, "unreachable_hosts", health.unreachable_hosts);
  out.key("status").text(to_string(health.status()));
  write_counts(out, health);
  out.key("verdicts").begin_array(Layout::lines);
  for (const HealthVerdict& v : health.verdicts) write_verdict(out, v);
  out.end_array();
  write_datasets(out, health.datasets);
  write_plan(out, health);
  out.end_object();
  return std::move(out).take();
}

}  // namespace zr
