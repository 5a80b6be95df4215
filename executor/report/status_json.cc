#include "executor/daemon/status_json.h"

#include "executor/report/history_report.h"
#include "executor/report/status_report.h"
#include "planner/health_json.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

void write_health(JsonWriter& out, const Health& health) {
  out.begin_object(Layout::lines);
  out.key("status").text(to_string(health.status()));
  out.key("findings").begin_array(Layout::lines);
  for (const HealthVerdict* verdict : health.findings()) write_verdict(out, *verdict);
  out.end_array();
  out.end_object();
}

}  // namespace

std::string status_to_json(const StatusOf& status) {
  JsonWriter out;
  out.begin_object(Layout::lines);
  out.key("format_version").text("1.0");
  out.key("site").text(status.site);
  out.key("site_name").text(status.site_name);
  out.key("policy_hash").text(status.policy_hash);
  out.key("daemon");
  if (status.daemon) {
    out.begin_object(Layout::lines);
    write_members(out, *status.daemon, Layout::lines);
    out.end_object();
  } else {
    out.null();
  }
  out.key("last_run");
  if (status.last_run) {
    write_run(out, *status.last_run);
  } else {
    out.null();
  }
  out.key("health");
  if (status.health) {
    write_health(out, *status.health);
  } else {
    out.null();
  }
  out.end_object();
  return std::move(out).take();
}

}  // namespace zr
