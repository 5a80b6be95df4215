#include "lang/overloaded.h"
#include "planner/json_action.h"
#include "planner/json_members.h"
#include "planner/render.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

void write_guid(JsonWriter& out, std::string_view key, const std::optional<Guid>& guid) {
  out.key(key);
  if (guid) {
    out.decimal(guid->value);
  } else {
    out.null();
  }
}

void write_ends(JsonWriter& out, const std::optional<VersionRef>& from, const VersionRef& to) {
  out.key("from").text_or_null(from ? std::optional(from->str()) : std::nullopt);
  write_guid(out, "from_guid", from ? from->guid : std::nullopt);
  out.key("to").text(to.str());
  write_guid(out, "to_guid", to.guid);
}

void write(JsonWriter& out, const Send& a) {
  write_ends(out, a.from, a.to);
  out.key("intermediates").flag(a.intermediates);
  out.key("bytes").number(a.stream_bytes);
  out.key("raw").flag(a.raw);
  out.key("compressed").flag(a.compressed);
  if (a.clone_of) out.key("clone_of").text(a.clone_of->str());
}

void write(JsonWriter& out, const Resume& a) {
  write_ends(out, a.from, a.to);
  out.key("bytes").number(a.stream_bytes);
  out.key("token").text(a.token.value);
}

void write(JsonWriter& out, const Recv& a) {
  out.key("stream_of").number(a.stream_of);
  out.key("over_placeholder").flag(a.over_placeholder);
  out.key("set").begin_object(Layout::one_line);
  for (const auto& [property, value] : a.set) out.key(property).text(value);
  out.end_object();
  write_texts(out, "exclude", a.exclude);
  out.key("rate").number_or_null(a.rate_bytes_per_second);
  if (a.clone_of) {
    out.key("clone_of").text(a.clone_of->dataset.str() + a.clone_of->snapshot.str());
    write_guid(out, "clone_of_guid", a.clone_of->snapshot.guid);
  }
}

void write(JsonWriter& out, const CreateBookmark& a) {
  out.key("bookmark");
  if (a.bookmark.empty()) {
    out.null();
  } else {
    out.text(a.bookmark);
  }
  out.key("of").text(a.of.str());
  write_guid(out, "guid", a.of.guid);
}

void write(JsonWriter& out, const Rollback& a) {
  write_version(out, a.to);
  out.key("destroys").begin_array(Layout::one_line);
  for (const VersionRef& v : a.destroys) {
    out.begin_object(Layout::one_line);
    write_version(out, v);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

void write_version(JsonWriter& out, const VersionRef& v) {
  out.key(v.kind == VersionKind::snapshot ? "snapshot" : "bookmark").text(v.name);
  write_guid(out, "guid", v.guid);
  if (!v.guid) out.key("of").text(v.str());
}

void write_action(JsonWriter& out, const Action& action) {
  std::visit(overloaded{
                 [&](const CreatePlaceholder& a) { out.key("plain").flag(a.plain); },
                 [&](const TakeSnapshot& a) { out.key("snapshot").text(a.name); },
                 [&](const Send& a) { write(out, a); },
                 [&](const Recv& a) { write(out, a); },
                 [&](const Resume& a) { write(out, a); },
                 [&](const AbortReceive& a) { out.key("token").text(a.token.value); },
                 [&](const CreateBookmark& a) { write(out, a); },
                 [&](const PlaceHold& a) {
                   out.key("tag").text(a.tag);
                   write_version(out, a.snapshot);
                 },
                 [&](const ReleaseHold& a) {
                   out.key("tag").text(a.tag);
                   write_version(out, a.snapshot);
                 },
                 [&](const Rollback& a) { write(out, a); },
                 [&](const DestroyVersion& a) { write_version(out, a.version); },
                 [&](const RenameDataset& a) {
                   out.key("to").text(a.to.str());
                   out.key("guid").decimal(a.guid.value);
                 },
             },
             action);
}

}  // namespace zr
