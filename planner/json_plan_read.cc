#include <fmt/format.h>

#include <string_view>

#include "planner/json.h"
#include "planner/json_time.h"
#include "planner/json_value.h"
#include "planner/render_text.h"
#include "planner/resume_token.h"

namespace zr {
namespace {

std::optional<HostName> parse_host(std::string_view text) {
  if (!is_identifier(text)) return {};
  return HostName(std::string(text));
}

std::optional<std::string> parse_version_name(std::string_view text) {
  if (!is_version_name(text)) return {};
  return std::string(text);
}

std::optional<VersionRef> parse_version(std::string_view text) {
  if (text.empty() || (text[0] != '@' && text[0] != '#')) return {};
  if (!is_version_name(text.substr(1))) return {};
  return VersionRef{text[0] == '@' ? VersionKind::snapshot : VersionKind::bookmark,
                    std::string(text.substr(1)),
                    {}};
}

// "dataset@name"
std::optional<CloneOrigin> parse_clone_origin(std::string_view text) {
  const auto at = text.find('@');
  if (at == text.npos) return {};
  auto dataset = DatasetName::parse(text.substr(0, at));
  auto snapshot = parse_version(text.substr(at));
  if (!dataset || !snapshot) return {};
  return CloneOrigin{*std::move(dataset), *std::move(snapshot)};
}

std::optional<std::string> parse_tag(std::string_view text) {
  if (!is_hold_tag(text)) return {};
  return std::string(text);
}

std::optional<ResumeToken> parse_token(std::string_view text) {
  if (!is_resume_token(text)) return {};
  return ResumeToken(std::string(text));
}

// A dataset's property, as an argument of zfs could name it.
bool is_property(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text[0] != '-' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789:._-") == text.npos;
}

std::optional<Guid> read_guid(const JsonFields& in, std::string_view key) {
  const auto value = in.decimal(key);
  if (!value) return {};
  return Guid(*value);
}

// As write_version() in json_plan_write.cc has it.
VersionRef read_version(const JsonFields& in) {
  const bool is_bookmark = !in.find("snapshot") && in.find("bookmark");
  VersionRef v;
  v.kind = is_bookmark ? VersionKind::bookmark : VersionKind::snapshot;
  v.name = in.parsed(is_bookmark ? "bookmark" : "snapshot", "name of a version", parse_version_name)
               .value_or("");
  v.guid = read_guid(in, "guid");
  return v;
}

VersionRef read_end(const JsonFields& in, std::string_view key, std::string_view guid_key) {
  VersionRef v = in.parsed(key, "version", parse_version).value_or(VersionRef{});
  v.guid = read_guid(in, guid_key);
  return v;
}

std::optional<VersionRef> read_from(const JsonFields& in) {
  if (!in.find("from")) return {};
  return read_end(in, "from", "from_guid");
}

// Reads the action of one kind. What is wrong is kept by the fields.
class ActionReader {
 public:
  ActionReader(const JsonFields& in, DatasetName dataset) : in_(in), dataset_(std::move(dataset)) {}

  std::optional<Action> read(std::string_view kind) {
    if (kind == "create") return CreatePlaceholder{dataset_, in_.flag("plain")};
    if (kind == "snapshot") return TakeSnapshot{dataset_, read_version(in_).name};
    if (kind == "send") return send();
    if (kind == "recv") return recv();
    if (kind == "resume") return resume();
    if (kind == "abort") return AbortReceive{dataset_, token()};
    if (kind == "bookmark") return bookmark();
    if (kind == "hold") return PlaceHold{dataset_, read_version(in_), tag()};
    if (kind == "release") return ReleaseHold{dataset_, read_version(in_), tag()};
    if (kind == "rollback") return rollback();
    if (kind == "rename") return rename();
    if (kind == "destroy") return DestroyVersion{dataset_, read_version(in_)};
    in_.fail("kind", fmt::format("there is no step of the kind {}", shown(kind)));
    return {};
  }

 private:
  ResumeToken token() const {
    return in_.parsed("token", "resume token", parse_token).value_or(ResumeToken{});
  }
  std::string tag() const { return in_.parsed("tag", "tag of a hold", parse_tag).value_or(""); }

  Send send() const {
    Send a{dataset_, read_from(in_), read_end(in_, "to", "to_guid")};
    a.intermediates = in_.flag("intermediates");
    a.stream_bytes = in_.number("bytes");
    a.raw = in_.flag("raw");
    a.compressed = in_.flag("compressed");
    if (in_.find("clone_of")) a.clone_of = in_.parsed("clone_of", "dataset", DatasetName::parse);
    return a;
  }

  Resume resume() const {
    return {dataset_, token(), read_from(in_), read_end(in_, "to", "to_guid"), in_.number("bytes")};
  }

  Recv recv() const {
    Recv a{dataset_, 0, false, {}, {}, {}};
    a.stream_of = static_cast<StepId>(in_.number("stream_of", UINT32_MAX));
    a.over_placeholder = in_.flag("over_placeholder");
    for (auto& [property, value] : in_.text_members("set")) {
      if (!is_property(property)) in_.fail("set", shown(property) + " is no property");
      a.set[property] = std::move(value);
    }
    a.exclude = in_.texts("exclude");
    for (const std::string& property : a.exclude) {
      if (!is_property(property)) in_.fail("exclude", shown(property) + " is no property");
    }
    if (in_.find("rate")) a.rate_bytes_per_second = in_.number("rate");
    if (in_.find("clone_of")) a.clone_of = clone_origin();
    return a;
  }

  std::optional<CloneOrigin> clone_origin() const {
    auto origin = in_.parsed("clone_of", "snapshot", parse_clone_origin);
    if (origin) origin->snapshot.guid = read_guid(in_, "clone_of_guid");
    return origin;
  }

  std::optional<Action> rename() const {
    auto to = in_.parsed("to", "dataset", DatasetName::parse);
    if (!to) return {};
    return RenameDataset{dataset_, *std::move(to), Guid(in_.decimal("guid").value_or(0))};
  }

  CreateBookmark bookmark() const {
    CreateBookmark a{dataset_, read_end(in_, "of", "guid"), {}};
    if (in_.find("bookmark")) {
      a.bookmark = in_.parsed("bookmark", "name of a bookmark", parse_version_name).value_or("");
    }
    return a;
  }

  Rollback rollback() const {
    Rollback a{dataset_, read_version(in_), {}};
    for (const JsonFields& version : in_.objects("destroys")) {
      a.destroys.push_back(read_version(version));
    }
    return a;
  }

  const JsonFields& in_;
  DatasetName dataset_;
};

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
    auto action = ActionReader(in, *std::move(dataset)).read(kind);
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
    check_streams(top);
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
