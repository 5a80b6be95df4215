#include <fmt/format.h>

#include "planner/json.h"
#include "planner/json_members.h"
#include "planner/json_writer.h"
#include "planner/render.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

void write_version(JsonWriter& out, const Version& v) {
  out.begin_object(Layout::one_line);
  out.key("type").text(v.is_snapshot() ? "snapshot" : "bookmark");
  out.key("name").text(v.name);
  out.key("guid").decimal(v.guid.value);
  out.key("createtxg").number(v.createtxg.value);
  const auto creation = v.creation.time_since_epoch().count();
  out.key("creation").number(creation < 0 ? 0 : static_cast<std::uint64_t>(creation));
  if (v.is_snapshot()) {
    write_texts(out, "holds", v.holds);
    write_texts(out, "clones", v.clones);
    out.key("bytes").number(v.bytes);
  }
  out.end_object();
}

void write_key_status(JsonWriter& out, KeyStatus status) {
  out.key("key_status");
  switch (status) {
    case KeyStatus::none:
      return out.null();
    case KeyStatus::available:
      return out.text("available");
    case KeyStatus::unavailable:
      return out.text("unavailable");
  }
}

void write_dataset(JsonWriter& out, const Dataset& d) {
  out.begin_object(Layout::lines);
  out.key("name").text(d.name.str());
  out.key("type").text(d.type == DatasetType::filesystem ? "filesystem" : "volume");
  out.key("guid").decimal(d.guid.value);
  out.key("placeholder").flag(d.placeholder);
  out.key("origin").text_or_null(d.origin);
  out.key("encryption_root")
      .text_or_null(d.encryption_root ? std::optional(d.encryption_root->str()) : std::nullopt);
  write_key_status(out, d.key_status);
  if (d.compresses) out.key("compresses").flag(true);
  out.key("written").number(d.written_bytes);
  out.key("receive_resume_token")
      .text_or_null(d.resume_token ? std::optional(d.resume_token->value) : std::nullopt);
  out.key("versions").begin_array(Layout::lines);
  for (const Version& v : d.versions) write_version(out, v);
  out.end_array();
  out.end_object();
}

}  // namespace

std::string world_to_json(const World& world) {
  JsonWriter out;
  out.begin_object(Layout::lines);
  out.key("format_version").text("1.1");
  out.key("observed_at").text(format_time(world.observed_at));
  out.key("hosts").begin_object(Layout::lines);
  for (const auto& [host, inventory] : world.hosts) {
    out.key(host.value).begin_object(Layout::lines);
    out.key("datasets").begin_array(Layout::lines);
    for (const Dataset& d : inventory.datasets) write_dataset(out, d);
    out.end_array();
    out.end_object();
  }
  out.end_object();
  if (!world.unreachable.empty()) {
    out.key("unreachable").begin_object(Layout::lines);
    for (const auto& [host, why] : world.unreachable) out.key(host.value).text(why);
    out.end_object();
  }
  out.end_object();
  return std::move(out).take();
}

}  // namespace zr
