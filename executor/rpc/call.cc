#include "executor/rpc/call.h"

#include <array>
#include <optional>
#include <utility>

#include "executor/rpc/frame.h"
#include "lang/overloaded.h"
#include "planner/json_action.h"
#include "planner/json_value.h"
#include "planner/json_writer.h"
#include "planner/render_text.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

constexpr std::array<std::pair<Remedy, std::string_view>, 4> remedies{
    {{Remedy::retry, "retry"},
     {Remedy::reconnect, "reconnect"},
     {Remedy::replan, "replan"},
     {Remedy::give_up, "give_up"}}};

void write_names(JsonWriter& out, std::string_view key, const std::vector<DatasetName>& names) {
  out.key(key).begin_array(Layout::one_line);
  for (const DatasetName& name : names) out.text(name.str());
  out.end_array();
}

void write_actions(JsonWriter& out, const std::vector<Action>& actions) {
  out.key("actions").begin_array(Layout::one_line);
  for (const Action& action : actions) {
    out.begin_object(Layout::one_line);
    out.key("kind").text(kind_of(action));
    out.key("dataset").text(std::visit([](const auto& a) { return a.dataset.str(); }, action));
    write_action(out, action);
    out.end_object();
  }
  out.end_array();
}

void write(JsonWriter& out, const Roots& roots) {
  out.key("call").text("list");
  out.key("everything").flag(roots.everything);
  write_names(out, "trees", roots.trees);
  write_names(out, "alone", roots.alone);
  write_names(out, "above", roots.above);
  out.key("versions_only").flag(roots.versions_only);
}

void write(JsonWriter& out, const std::vector<Change>& changes) {
  out.key("call").text("apply");
  std::vector<Action> actions;
  actions.reserve(changes.size());
  for (const Change& change : changes) {
    actions.push_back(std::visit([](const auto& c) { return Action(c); }, change));
  }
  write_actions(out, actions);
}

void write(JsonWriter& out, const SendRequest& request) {
  out.key("call").text("send");
  write_actions(out, {std::visit([](const auto& r) { return Action(r); }, request)});
}

void write(JsonWriter& out, const ReceiveRequest& request) {
  out.key("call").text("receive");
  out.key("resuming").flag(request.resuming);
  Recv recv{request.target, 0, request.over_placeholder, request.set, request.exclude, {}};
  recv.clone_of = request.clone_of;
  write_actions(out, {Action(std::move(recv))});
}

class CallReader {
 public:
  explicit CallReader(const JsonFields& in) : in_(in) {}

  std::optional<Call> read() {
    const std::string call = in_.text("call");
    if (call == "list") return roots();
    if (call == "apply") return apply();
    if (call == "send") return send();
    if (call == "receive") return receive();
    in_.fail("call", "there is no call " + shown(call));
    return {};
  }

 private:
  std::vector<DatasetName> names(std::string_view key) const {
    std::vector<DatasetName> names;
    for (const std::string& text : in_.texts(key)) {
      if (auto name = DatasetName::parse(text)) {
        names.push_back(*std::move(name));
      } else {
        in_.fail(key, shown(text) + " is no dataset");
      }
    }
    return names;
  }

  Call roots() const {
    return Roots{in_.flag("everything"), names("trees"), names("alone"), in_.flag("versions_only"),
                 names("above")};
  }

  std::vector<Action> actions() const {
    std::vector<Action> all;
    for (const JsonFields& in : in_.objects("actions")) {
      auto dataset = in.parsed("dataset", "dataset", DatasetName::parse);
      const std::string kind = in.text("kind");
      if (!in.ok()) break;
      if (auto action = read_action(in, kind, *std::move(dataset))) {
        all.push_back(*std::move(action));
      }
    }
    return all;
  }

  std::optional<Action> only_action() const {
    auto all = actions();
    if (all.size() == 1) return std::move(all.front());
    in_.fail("actions", "not one");
    return {};
  }

  std::optional<Call> apply() const {
    std::vector<Change> changes;
    for (Action& action : actions()) {
      const overloaded add{
          [&](Send&) { in_.fail("actions", "a send is no change"); },
          [&](Recv&) { in_.fail("actions", "a receive is no change"); },
          [&](Resume&) { in_.fail("actions", "a resume is no change"); },
          [&](auto& change) { changes.emplace_back(std::move(change)); },
      };
      std::visit(add, action);
    }
    return Call(std::move(changes));
  }

  std::optional<Call> send() const {
    auto action = only_action();
    if (!action) return {};
    if (auto* request = std::get_if<Send>(&*action)) return SendRequest(std::move(*request));
    if (auto* request = std::get_if<Resume>(&*action)) return SendRequest(std::move(*request));
    in_.fail("actions", "neither a send nor a resume");
    return {};
  }

  std::optional<Call> receive() const {
    auto action = only_action();
    auto* recv = action ? std::get_if<Recv>(&*action) : nullptr;
    if (!recv) {
      in_.fail("actions", "not a receive");
      return {};
    }
    return ReceiveRequest{std::move(recv->dataset), recv->over_placeholder,
                          in_.flag("resuming"),     std::move(recv->set),
                          std::move(recv->exclude), std::move(recv->clone_of)};
  }

  const JsonFields& in_;
};

}  // namespace

std::string call_to_json(const Call& call) {
  JsonWriter out;
  out.begin_object(Layout::one_line);
  std::visit([&](const auto& c) { write(out, c); }, call);
  out.end_object();
  return std::move(out).take();
}

std::variant<Call, JsonError> call_from_json(std::string_view text) {
  const auto parsed = parse_json(text, {});
  if (const auto* error = std::get_if<JsonError>(&parsed)) return *error;
  std::string problem;
  const JsonPlace top;
  auto call = CallReader(JsonFields(std::get<JsonValue>(parsed), top, problem)).read();
  if (!problem.empty() || !call) return JsonError{problem};
  return *std::move(call);
}

std::string reply_to_json(const Result<void>& result) {
  JsonWriter out;
  out.begin_object(Layout::one_line);
  out.key("ok").flag(result.has_value());
  if (!result) {
    for (const auto& [remedy, name] : remedies) {
      if (remedy == result.error().remedy) out.key("remedy").text(name);
    }
    out.key("message").text(std::string_view(result.error().message).substr(0, max_text_bytes));
    if (result.error().lacks_property) out.key("lacks_property").flag(true);
  }
  out.end_object();
  return std::move(out).take();
}

Result<void> reply_from_json(std::string_view text) {
  const Error nonsense{Remedy::give_up, "the other end's answer is none"};
  const auto parsed = parse_json(text, {});
  if (std::holds_alternative<JsonError>(parsed)) return nonsense;
  std::string problem;
  const JsonPlace top;
  const JsonFields in(std::get<JsonValue>(parsed), top, problem);
  if (in.flag("ok")) return problem.empty() ? Result<void>() : nonsense;
  Error error{Remedy::give_up, in.text("message"), in.flag("lacks_property")};
  const std::string remedy = in.text("remedy");
  for (const auto& [value, name] : remedies) {
    if (name == remedy) error.remedy = value;
  }
  return problem.empty() ? error : nonsense;
}

}  // namespace zr
