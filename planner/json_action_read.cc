#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "planner/json_action.h"
#include "planner/render_text.h"
#include "planner/resume_token.h"

namespace zr {
namespace {

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
      if (value.find('\0') != value.npos) in_.fail("set", shown(value) + " has a NUL");
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

}  // namespace

// As write_version() in json_action_write.cc has it.
VersionRef read_version(const JsonFields& in) {
  const bool is_bookmark = !in.find("snapshot") && in.find("bookmark");
  VersionRef v;
  v.kind = is_bookmark ? VersionKind::bookmark : VersionKind::snapshot;
  v.name = in.parsed(is_bookmark ? "bookmark" : "snapshot", "name of a version", parse_version_name)
               .value_or("");
  v.guid = read_guid(in, "guid");
  return v;
}

std::optional<Action> read_action(const JsonFields& in, std::string_view kind,
                                  DatasetName dataset) {
  return ActionReader(in, std::move(dataset)).read(kind);
}

}  // namespace zr
