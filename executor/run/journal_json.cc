#include "executor/run/journal_json.h"

#include <nlohmann/json.hpp>

#include "executor/parse_time.h"
#include "executor/progress/progress_text.h"
#include "lang/overloaded.h"
#include "planner/render.h"

namespace zr {
namespace {

using Json = nlohmann::ordered_json;

// So that a hostile lock file can't make a message of megabytes.
constexpr std::size_t max_owner_text = 1024;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json guid_or_null(const std::optional<Guid>& guid) {
  return guid ? Json(std::to_string(guid->value)) : Json();
}

std::optional<Guid> guid_of(const Action& action) {
  using Maybe = std::optional<Guid>;
  return std::visit(overloaded{
                        [](const CreatePlaceholder&) -> Maybe { return {}; },
                        [](const TakeSnapshot&) -> Maybe { return {}; },
                        [](const Send& a) -> Maybe { return a.to.guid; },
                        [](const Recv&) -> Maybe { return {}; },
                        [](const Resume& a) -> Maybe { return a.to.guid; },
                        [](const AbortReceive&) -> Maybe { return {}; },
                        [](const CreateBookmark& a) -> Maybe { return a.of.guid; },
                        [](const PlaceHold& a) -> Maybe { return a.snapshot.guid; },
                        [](const ReleaseHold& a) -> Maybe { return a.snapshot.guid; },
                        [](const Rollback& a) -> Maybe { return a.to.guid; },
                        [](const DestroyVersion& a) -> Maybe { return a.version.guid; },
                        [](const RenameDataset& a) -> Maybe { return a.guid; },
                    },
                    action);
}

// The step itself, so that a line says something without the plan at hand.
void add_step(Json& line, const Step& step, const std::optional<Guid>& learned) {
  line["step"] = step.id;
  line["kind"] = kind_of(step.action);
  line["host"] = step.host.value;
  line["dataset"] = step.dataset().str();
  line["version"] = text_or_null(version_of(step.action));
  if (const auto* rename = std::get_if<RenameDataset>(&step.action)) line["to"] = rename->to.str();
  line["guid"] = guid_or_null(learned ? learned : guid_of(step.action));
  line["job"] = step.job ? Json(step.job->str()) : Json();
}

void add(Json& line, const event::RunStarted&, const Plan& plan) {
  line["type"] = "run_started";
  line["site"] = plan.site.value;
  line["site_file"] = plan.site_file;
  line["policy_hash"] = plan.policy_hash;
  line["now"] = format_time(plan.now);
  line["steps"] = plan.steps.size();
  line["bytes"] = plan.summary().bytes;
}

void add(Json& line, const event::StepStarted& start, const Plan& plan) {
  line["type"] = "step_started";
  add_step(line, plan.step(start.step), {});
}

void add(Json& line, const event::StreamMoved& moved, const Plan& plan) {
  line["type"] = "stream_moved";
  line["step"] = moved.step;
  line["bytes"] = moved.bytes;
  line["of_bytes"] = stream_bytes_of(plan.step(moved.step).action).value_or(0);
}

void add(Json& line, const event::StreamSent& sent, const Plan&) {
  line["type"] = "stream_sent";
  line["step"] = sent.step;
}

void add(Json& line, const event::StepRetried& retried, const Plan& plan) {
  line["type"] = "step_retried";
  add_step(line, plan.step(retried.step), {});
  line["attempt"] = retried.attempt;
  line["message"] = text_or_null(retried.message);
  line["pause_ms"] = retried.pause.count();
}

void add(Json& line, const event::StepEnded& end, const Plan& plan) {
  line["type"] = "step_ended";
  add_step(line, plan.step(end.step), end.guid);
  line["outcome"] = event::to_string(end.outcome);
  line["message"] = text_or_null(end.message);
}

void add(Json& line, const event::RunEnded& end, const Plan&) {
  line["type"] = "run_ended";
  line["done"] = end.done;
  line["failed"] = end.failed;
  line["skipped"] = end.skipped;
  line["interrupted"] = end.interrupted;
}

std::optional<std::string> text_at(const Json& json, const char* key) {
  const auto it = json.find(key);
  if (it == json.end() || !it->is_string()) return {};
  return it->get<std::string>().substr(0, max_owner_text);
}

std::optional<std::uint64_t> number_at(const Json& json, const char* key) {
  const auto it = json.find(key);
  if (it == json.end() || !it->is_number_unsigned()) return {};
  return it->get<std::uint64_t>();
}

}  // namespace

std::string event_line(const Event& event, const Plan& plan, const Stamp& stamp) {
  Json line = {{"type", ""}, {"time", format_time(stamp.time)}};
  if (!stamp.run.empty()) line["run"] = stamp.run;
  std::visit([&](const auto& e) { add(line, e, plan); }, event);
  return dump(line);
}

std::string version_line() {
  return dump({{"type", "version"}, {"format_version", "1.1"}, {"zrepl", ZREPL_VERSION}});
}

std::string owner_line(const LockOwner& owner) {
  return dump({{"host", owner.host},
               {"pid", owner.pid},
               {"since", format_time(owner.since)},
               {"command", owner.command}});
}

std::optional<JournalLine> parse_journal_line(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return {};
  const auto time = parse_time(text_at(json, "time").value_or(""));
  const auto run = text_at(json, "run");
  if (!time || !run) return {};
  JournalLine line{*time,
                   *run,
                   text_at(json, "kind").value_or(""),
                   text_at(json, "host").value_or(""),
                   text_at(json, "dataset").value_or(""),
                   text_at(json, "outcome").value_or(""),
                   text_at(json, "message").value_or(""),
                   number_at(json, "bytes"),
                   {}};
  for (const event::Outcome outcome : {event::Outcome::done, event::Outcome::failed,
                                       event::Outcome::skipped, event::Outcome::interrupted}) {
    const std::string name(event::to_string(outcome));
    if (const auto n = number_at(json, name.c_str())) line.steps.emplace(name, *n);
  }
  return line;
}

std::optional<LockOwner> parse_owner(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return {};
  const auto host = text_at(json, "host");
  const auto since = parse_time(text_at(json, "since").value_or(""));
  const auto pid = json.find("pid");
  if (!host || !since || pid == json.end() || !pid->is_number_integer()) return {};
  return LockOwner{*host, pid->get<std::int64_t>(), *since, text_at(json, "command").value_or("")};
}

}  // namespace zr
