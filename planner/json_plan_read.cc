#include <fmt/format.h>

#include <string_view>

#include "planner/json.h"
#include "planner/json_action.h"
#include "planner/json_time.h"
#include "planner/json_value.h"
#include "planner/render_text.h"

namespace zr {
namespace {

std::optional<HostName> parse_host(std::string_view text) {
  if (!is_identifier(text)) return {};
  return HostName(std::string(text));
}

std::optional<Budgeted> parse_budgeted(std::string_view text) {
  if (text == "destroy") return Budgeted::destroy;
  if (text == "create") return Budgeted::create;
  return {};
}

// What steps, blocked ones and conflicts have in common.
struct Common {
  HostName host;
  std::optional<JobId> job;
  Origin origin;
};

Common read_common(const JsonFields& in) {
  Common c;
  c.host = in.parsed("host", "name of a host", parse_host).value_or(HostName{});
  if (in.find("job")) c.job = in.parsed("job", "job", JobId::parse);
  if (const JsonValue* value = in.find("origin")) {
    const JsonFields origin = in.object("origin", *value);
    c.origin.file = origin.text("file");
    c.origin.line = static_cast<std::uint32_t>(origin.number("line", UINT32_MAX));
  }
  return c;
}

std::vector<StepId> read_after(const JsonFields& in, StepId id) {
  std::vector<StepId> after;
  const JsonValue* value = in.find("after");
  const auto* array = value ? std::get_if<JsonValue::Array>(&value->data) : nullptr;
  if (!array) in.fail("after", "not an array");
  for (std::size_t i = 0; array && i < array->size(); ++i) {
    const auto* earlier = std::get_if<std::uint64_t>(&(*array)[i].data);
    const StepId least = after.empty() ? 1 : after.back() + 1;
    if (!earlier || *earlier < least || *earlier >= id) {
      in.fail("after", "not the ids of earlier steps in rising order");
      break;
    }
    after.push_back(static_cast<StepId>(*earlier));
  }
  return after;
}

class PlanReader {
 public:
  std::variant<Plan, JsonError> read(std::string_view text) {
    const auto rest = parse_json(text, {{{"steps"},
                                         [&](auto& p, auto& v) {
                                           take_step({v, p, error_});
                                         }},
                                        {{"blocked"},
                                         [&](auto& p, auto& v) {
                                           take_blocked({v, p, error_});
                                         }},
                                        {{"conflicts"}, [&](auto& p, auto& v) {
                                           take_conflict({v, p, error_});
                                         }}});
    if (const auto* error = std::get_if<JsonError>(&rest)) return *error;
    const JsonValue& document = std::get<JsonValue>(rest);
    if (auto problem = check_format_version(document); !problem.empty()) {
      return JsonError{std::move(problem)};
    }
    finish(document);
    if (!error_.empty()) return JsonError{std::move(error_)};
    return std::move(plan_);
  }

 private:
  void take_step(const JsonFields& in) {
    if (!in.ok()) return;
    const auto id = static_cast<StepId>(in.number("id", UINT32_MAX));
    if (id != plan_.steps.size() + 1) in.fail("id", "steps are not numbered from 1");
    auto dataset = in.parsed("dataset", "dataset", DatasetName::parse);
    const std::string kind = in.text("kind");
    if (!in.ok()) return;
    auto action = read_action(in, kind, *std::move(dataset));
    if (!action) return;
    Common common = read_common(in);
    plan_.steps.push_back(Step{id, std::move(common.host), *std::move(action),
                               std::move(common.job), read_after(in, id), in.text("reason"),
                               std::move(common.origin)});
  }

  void take_blocked(const JsonFields& in) {
    if (!in.ok()) return;
    auto dataset = in.parsed("dataset", "dataset", DatasetName::parse);
    if (!in.ok()) return;
    Common common = read_common(in);
    plan_.blocked.push_back(Blocked{std::move(common.host), *std::move(dataset), read_version(in),
                                    std::move(common.job), in.text("reason"),
                                    std::move(common.origin)});
  }

  void take_conflict(const JsonFields& in) {
    if (!in.ok()) return;
    const auto kind = in.parsed("kind", "kind of conflict", parse_conflict_kind);
    Common common = read_common(in);
    plan_.conflicts.push_back(Conflict{
        kind.value_or(ConflictKind{}), std::move(common.host), in.optional_text("dataset"),
        std::move(common.job), in.text("message"), in.text("help"), std::move(common.origin)});
  }

  void finish(const JsonValue& document) {
    const JsonPlace nowhere;
    const JsonFields top(document, nowhere, error_);
    plan_.site_file = top.text("site");
    plan_.site = SiteName(top.text("site_name"));
    if (!is_identifier(plan_.site.value)) top.fail("site_name", "no name of a site");
    plan_.policy_hash = top.text("policy_hash");
    plan_.now = top.parsed("now", "time", time_from_json).value_or(Millis{});
    for (const std::string& text : top.texts("only")) {
      const auto job = JobId::parse(text);
      if (!job) top.fail("only", shown(text) + " is no job");
      if (job) plan_.only.push_back(*job);
    }
    plan_.hosts = read_hosts(top, "hosts");
    plan_.unreachable_hosts = read_hosts(top, "unreachable_hosts");
    plan_.notes = top.texts("notes");
    for (const auto key : {"steps", "blocked", "conflicts"}) {
      if (!top.find(key)) top.fail(key, "missing");
      top.objects(key);  // an array; its elements have been taken
    }
    if (const JsonValue* over = top.find("over_budget")) read_over_budget(top, *over);
    check_streams(top);
  }

  void read_over_budget(const JsonFields& top, const JsonValue& value) {
    const JsonFields over_budget = top.object("over_budget", value);
    plan_.budget_hash = over_budget.text("hash");
    for (const JsonFields& in : over_budget.objects("limits")) {
      const auto what = in.parsed("what", "kind of budget", parse_budgeted);
      plan_.over_budget.push_back(
          {what.value_or(Budgeted{}),
           in.parsed("host", "name of a host", parse_host).value_or(HostName{}), in.number("count"),
           in.number_or_zero("before"), in.number("limit"), in.number_or_zero("snapshots")});
    }
  }

  static std::vector<HostName> read_hosts(const JsonFields& top, std::string_view key) {
    std::vector<HostName> hosts;
    for (const std::string& text : top.texts(key)) {
      const auto host = parse_host(text);
      if (!host) top.fail(key, shown(text) + " is no name of a host");
      if (host) hosts.push_back(*host);
    }
    return hosts;
  }

  // Every stream has two ends: each send and resume one recv.
  void check_streams(const JsonFields& top) {
    std::vector<StepId> receiver(plan_.steps.size() + 1, 0);
    const auto fail = [&](const Step& step, std::string_view problem) {
      top.fail(fmt::format("steps[{}]", step.id - 1), problem);
    };
    for (const Step& step : plan_.steps) {
      const auto* recv = std::get_if<Recv>(&step.action);
      if (!recv) continue;
      const StepId of = recv->stream_of;
      if (of == 0 || of > plan_.steps.size() || !is_sender(plan_.step(of)) || receiver[of] != 0) {
        return fail(step, "stream_of names no send of its own");
      }
      receiver[of] = step.id;
    }
    for (const Step& step : plan_.steps) {
      if (is_sender(step) && receiver[step.id] == 0) return fail(step, "nothing receives it");
    }
  }

  static bool is_sender(const Step& step) {
    return std::holds_alternative<Send>(step.action) || std::holds_alternative<Resume>(step.action);
  }

  Plan plan_;
  std::string error_;
};

}  // namespace

std::variant<Plan, JsonError> plan_from_json(std::string_view text) {
  return PlanReader().read(text);
}

}  // namespace zr
