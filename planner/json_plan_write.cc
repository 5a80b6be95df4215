#include <fmt/format.h>

#include "planner/json.h"
#include "planner/json_action.h"
#include "planner/json_members.h"
#include "planner/json_writer.h"
#include "planner/render.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

void write_job(JsonWriter& out, const std::optional<JobId>& job) {
  out.key("job").text_or_null(job ? std::optional(job->str()) : std::nullopt);
}

void write_step(JsonWriter& out, const Step& step) {
  out.begin_object(Layout::one_line);
  out.key("id").number(step.id);
  out.key("kind").text(kind_of(step.action));
  out.key("host").text(step.host.value);
  out.key("dataset").text(step.dataset().str());
  write_action(out, step.action);
  write_job(out, step.job);
  out.key("after").begin_array(Layout::one_line);
  for (const StepId id : step.after) out.number(id);
  out.end_array();
  out.key("reason").text(step.reason);
  write_origin(out, step.origin);
  out.end_object();
}

void write_blocked(JsonWriter& out, const Blocked& b) {
  out.begin_object(Layout::one_line);
  out.key("kind").text("destroy");
  out.key("host").text(b.host.value);
  out.key("dataset").text(b.dataset.str());
  write_version(out, b.version);
  write_job(out, b.job);
  out.key("reason").text(b.reason);
  write_origin(out, b.origin);
  out.end_object();
}

void write_conflict(JsonWriter& out, const Conflict& c) {
  out.begin_object(Layout::one_line);
  out.key("kind").text(to_string(c.kind));
  out.key("host").text(c.host.value);
  out.key("dataset").text_or_null(c.dataset);
  write_job(out, c.job);
  out.key("message").text(c.message);
  out.key("help").text(c.help);
  write_origin(out, c.origin);
  out.end_object();
}

void write_over_budget(JsonWriter& out, const Plan& plan) {
  if (plan.over_budget.empty()) return;
  out.key("over_budget").begin_object(Layout::lines);
  out.key("hash").text(plan.budget_hash);
  out.key("limits").begin_array(Layout::lines);
  for (const OverBudget& over : plan.over_budget) {
    const bool destroys = over.what == Budgeted::destroy;
    out.begin_object(Layout::one_line);
    out.key("host").text(over.host.value);
    out.key("what").text(destroys ? "destroy" : "create");
    out.key("count").number(over.count);
    out.key("before").number(over.before);
    out.key("limit").number(over.limit);
    if (destroys) out.key("snapshots").number(over.snapshots);
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

void write_summary(JsonWriter& out, const Summary& s) {
  out.key("summary").begin_object(Layout::one_line);
  out.key("create").number(s.create);
  out.key("snapshot").number(s.snapshot);
  out.key("send").number(s.send);
  out.key("full_send").number(s.full_send);
  out.key("resume").number(s.resume);
  out.key("bookmark").number(s.bookmark);
  out.key("hold").number(s.hold);
  out.key("release").number(s.release);
  out.key("rollback").number(s.rollback);
  out.key("rename").number(s.rename);
  out.key("destroy").number(s.destroy);
  out.key("abort").number(s.abort);
  out.key("blocked").number(s.blocked);
  out.key("conflict").number(s.conflict);
  out.key("bytes").number(s.bytes);
  out.end_object();
}

void write_head(JsonWriter& out, const Plan& plan) {
  out.key("format_version").text("1.2");
  out.key("policy_hash").text(plan.policy_hash);
  out.key("site").text(plan.site_file);
  out.key("site_name").text(plan.site.value);
  out.key("now").text(format_time(plan.now));
  out.key("noop").flag(plan.noop());
  std::vector<std::string> jobs;
  for (const JobId& job : plan.only) jobs.push_back(job.str());
  if (!jobs.empty()) write_texts(out, "only", jobs);
  write_hosts(out, "hosts", plan.hosts);
  write_hosts(out, "unreachable_hosts", plan.unreachable_hosts);
  write_summary(out, plan.summary());
}

template <class T>
void write_lines(JsonWriter& out, std::string_view key, const std::vector<T>& all,
                 void (*write_one)(JsonWriter&, const T&)) {
  out.key(key).begin_array(Layout::lines);
  for (const T& one : all) write_one(out, one);
  out.end_array();
}

}  // namespace

std::string plan_to_json(const Plan& plan) {
  JsonWriter out;
  out.begin_object(Layout::lines);
  write_head(out, plan);
  write_lines(out, "steps", plan.steps, write_step);
  write_lines(out, "blocked", plan.blocked, write_blocked);
  out.key("notes").begin_array(Layout::lines);
  for (const std::string& note : plan.notes) out.text(note);
  out.end_array();
  write_lines(out, "conflicts", plan.conflicts, write_conflict);
  write_over_budget(out, plan);
  out.end_object();
  return std::move(out).take();
}

}  // namespace zr
