#include "executor/rpc/hello.h"

#include "planner/json_value.h"
#include "planner/json_writer.h"

namespace zr {

std::string to_json(const Hello& hello) {
  JsonWriter out;
  out.begin_object(JsonWriter::Layout::one_line);
  out.key("zrepl").text(hello.zrepl);
  out.key("minor").number(hello.minor);
  out.key("checksum").flag(hello.checksum);
  out.end_object();
  return std::move(out).take();
}

std::variant<Hello, JsonError> hello_from_json(std::string_view text) {
  const auto parsed = parse_json(text, {});
  if (const auto* error = std::get_if<JsonError>(&parsed)) return *error;
  std::string problem;
  const JsonPlace top;
  const JsonFields in(std::get<JsonValue>(parsed), top, problem);
  Hello hello;
  hello.zrepl = in.text("zrepl");
  hello.minor = static_cast<unsigned>(in.number("minor", 1'000'000));
  hello.checksum = in.flag("checksum");
  if (!problem.empty()) return JsonError{problem};
  return hello;
}

}  // namespace zr
