#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "planner/json.h"
#include "planner/json_time.h"
#include "planner/json_value.h"
#include "planner/render_text.h"
#include "planner/resume_token.h"

namespace zr {
namespace {

std::optional<VersionKind> parse_version_kind(std::string_view text) {
  if (text == "snapshot") return VersionKind::snapshot;
  if (text == "bookmark") return VersionKind::bookmark;
  return {};
}

std::optional<DatasetType> parse_dataset_type(std::string_view text) {
  if (text == "filesystem") return DatasetType::filesystem;
  if (text == "volume") return DatasetType::volume;
  return {};
}

std::optional<KeyStatus> parse_key_status(std::string_view text) {
  if (text == "available") return KeyStatus::available;
  if (text == "unavailable") return KeyStatus::unavailable;
  return {};
}

std::optional<std::string> parse_version_name(std::string_view text) {
  if (!is_version_name(text)) return {};
  return std::string(text);
}

std::optional<std::string> parse_origin(std::string_view text) {
  const auto at = text.find('@');
  if (at == text.npos || !DatasetName::parse(text.substr(0, at))) return {};
  if (!is_version_name(text.substr(at + 1))) return {};
  return std::string(text);
}

std::vector<std::string> sorted_texts(const JsonFields& in, std::string_view key,
                                      std::string_view what, bool (*is_valid)(std::string_view)) {
  std::vector<std::string> texts = in.texts(key);
  for (const std::string& text : texts) {
    if (!is_valid(text)) in.fail(key, fmt::format("{} is no {}", shown(text), what));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

Version read_version(const JsonFields& in) {
  Version v;
  v.kind = in.parsed("type", "snapshot or bookmark", parse_version_kind).value_or(v.kind);
  v.name = in.parsed("name", "name of a version", parse_version_name).value_or("");
  if (!in.find("guid")) in.fail("guid", "missing");
  v.guid = Guid(in.decimal("guid").value_or(0));
  v.createtxg = CreateTxg(in.number("createtxg"));
  constexpr auto last = static_cast<std::uint64_t>(last_json_time.time_since_epoch().count());
  v.creation = Seconds(std::chrono::seconds(in.number("creation", last)));
  v.bytes = in.number_or_zero("bytes");
  v.holds = sorted_texts(in, "holds", "tag of a hold", is_hold_tag);
  v.clones = sorted_texts(in, "clones", "dataset", is_clone_name);
  if (!v.is_snapshot() && v.bytes != 0) in.fail("bytes", "a bookmark has none");
  if (!v.is_snapshot() && !v.holds.empty()) in.fail("holds", "a bookmark can't be held");
  if (!v.is_snapshot() && !v.clones.empty()) in.fail("clones", "a bookmark can't be cloned");
  return v;
}

Dataset read_dataset(const JsonFields& in, DatasetName name) {
  Dataset d(std::move(name));
  if (in.find("type")) {
    d.type = in.parsed("type", "filesystem or volume", parse_dataset_type).value_or(d.type);
  }
  d.guid = Guid(in.decimal("guid").value_or(0));
  d.placeholder = in.flag("placeholder");
  if (in.find("origin")) d.origin = in.parsed("origin", "snapshot of a dataset", parse_origin);
  if (in.find("encryption_root")) {
    d.encryption_root = in.parsed("encryption_root", "dataset", DatasetName::parse);
  }
  if (in.find("key_status")) {
    d.key_status =
        in.parsed("key_status", "key status", parse_key_status).value_or(KeyStatus::none);
  }
  d.compresses = in.flag("compresses");
  d.written_bytes = in.number_or_zero("written");
  if (const auto token = in.optional_text("receive_resume_token")) {
    if (!is_resume_token(*token)) in.fail("receive_resume_token", "not a resume token");
    d.resume_token = ResumeToken(*token);
  }
  return d;
}

const Version* repeated_version(const Dataset& dataset) {
  std::vector<const Version*> all;
  all.reserve(dataset.versions.size());
  for (const Version& v : dataset.versions) all.push_back(&v);
  const auto order = [](const Version* v) { return std::tie(v->kind, v->name); };
  std::sort(all.begin(), all.end(), [&](auto* a, auto* b) { return order(a) < order(b); });
  const auto it = std::adjacent_find(all.begin(), all.end(),
                                     [&](auto* a, auto* b) { return order(a) == order(b); });
  return it == all.end() ? nullptr : *it;
}

// Takes datasets and versions as the parser comes by them.
class WorldReader {
 public:
  std::variant<World, JsonError> read(std::string_view text) {
    const auto rest = parse_json(
        text, {{{"hosts", "*", "datasets"}, [&](auto& p, auto& v) { take_dataset(p, v); }},
               {{"hosts", "*", "datasets", "*", "versions"},
                [&](auto& p, auto& v) { take_version(p, v); }}});
    if (const auto* error = std::get_if<JsonError>(&rest)) return *error;
    const JsonValue& document = std::get<JsonValue>(rest);
    if (auto problem = check_format_version(document); !problem.empty()) {
      return JsonError{std::move(problem)};
    }
    finish(document);
    if (!error_.empty()) return JsonError{std::move(error_)};
    return std::move(world_);
  }

 private:
  void take_version(const JsonPlace& place, const JsonValue& value) {
    if (!error_.empty()) return;
    versions_.push_back(read_version(JsonFields(value, place, error_)));
  }

  void take_dataset(const JsonPlace& place, const JsonValue& value) {
    if (!error_.empty()) return;
    const JsonFields in(value, place, error_);
    auto name = in.parsed("name", "dataset", DatasetName::parse);
    if (!in.ok()) return;
    Dataset dataset = read_dataset(in, *std::move(name));
    // Exactly as large as it needs to be; the buffer is used again.
    dataset.versions.assign(std::make_move_iterator(versions_.begin()),
                            std::make_move_iterator(versions_.end()));
    versions_.clear();
    if (const Version* twice = repeated_version(dataset)) {
      in.fail("versions", shown(twice->kind, twice->name) + " is there twice");
    }
    const HostName host(place.parts.at(1).key);
    world_.hosts[host].datasets.push_back(std::move(dataset));
  }

  void finish(const JsonValue& document) {
    const JsonPlace nowhere;
    const JsonFields top(document, nowhere, error_);
    if (top.find("observed_at")) {
      const auto time = top.parsed("observed_at", "time", time_from_json);
      if (time) world_.observed_at = std::chrono::floor<std::chrono::seconds>(*time);
    }
    const JsonValue* hosts = top.find("hosts");
    if (!hosts) return top.fail("hosts", "missing");
    const auto* members = std::get_if<JsonValue::Object>(&hosts->data);
    if (!members) return top.fail("hosts", "not an object");
    const JsonFields all = top.object("hosts", *hosts);
    for (const JsonMember& host : *members) finish_host(all, host);
    for (auto& [host, why] : top.text_members("unreachable")) {
      if (!is_identifier(host)) top.fail("unreachable", shown(host) + " is no name of a host");
      world_.unreachable[HostName(host)] = std::move(why);
    }
  }

  void finish_host(const JsonFields& hosts, const JsonMember& host) {
    if (!is_identifier(host.key)) return hosts.fail(host.key, "no name of a host");
    const JsonFields in = hosts.object(host.key, host.value);
    in.objects("datasets");  // an array, if it is there; its elements have been taken
    Inventory& inventory = world_.hosts[HostName(host.key)];
    inventory.sort();
    const auto& all = inventory.datasets;
    const auto twice =
        std::adjacent_find(all.begin(), all.end(),
                           [](const Dataset& a, const Dataset& b) { return a.name == b.name; });
    if (twice != all.end()) in.fail("datasets", shown(twice->name.str()) + " is there twice");
  }

  World world_;
  std::vector<Version> versions_;  // of the dataset that is being read
  std::string error_;
};

}  // namespace

std::variant<World, JsonError> world_from_json(std::string_view text) {
  return WorldReader().read(text);
}

}  // namespace zr
