#include "planner/json_members.h"

namespace zr {

namespace {
using Layout = JsonWriter::Layout;
}  // namespace

void write_texts(JsonWriter& out, std::string_view key, const std::vector<std::string>& texts) {
  out.key(key).begin_array(Layout::one_line);
  for (const std::string& text : texts) out.text(text);
  out.end_array();
}

void write_hosts(JsonWriter& out, std::string_view key, const std::vector<HostName>& hosts) {
  out.key(key).begin_array(Layout::one_line);
  for (const HostName& host : hosts) out.text(host.value);
  out.end_array();
}

void write_origin(JsonWriter& out, const Origin& origin) {
  out.key("origin");
  if (origin == Origin{}) return out.null();
  out.begin_object(Layout::one_line);
  out.key("file").text(origin.file);
  out.key("line").number(origin.line);
  out.end_object();
}

}  // namespace zr
