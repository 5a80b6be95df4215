#include "executor/daemon/control.h"

#include <array>
#include <utility>

#include "executor/daemon/status_json.h"
#include "planner/json_value.h"
#include "planner/json_writer.h"

namespace zr {
namespace {

using Call = ControlRequest::Call;
constexpr std::array calls{Call::wake, Call::pause, Call::resume, Call::status};

std::optional<Call> call_from(std::string_view word) {
  for (const Call call : calls)
    if (to_string(call) == word) return call;
  return std::nullopt;
}

// What `take` makes of the members of one object.
template <class T, class Take>
std::variant<T, std::string> read(std::string_view line, Take take) {
  const auto parsed = parse_json(line, {});
  if (const auto* error = std::get_if<JsonError>(&parsed)) return error->message;
  std::string error;
  const JsonPlace top;
  const JsonFields in(std::get<JsonValue>(parsed), top, error);
  T value = take(in);
  if (!error.empty()) return error;
  return value;
}

}  // namespace

std::string_view to_string(Call call) {
  switch (call) {
    case Call::wake:
      return "wake";
    case Call::pause:
      return "pause";
    case Call::resume:
      return "resume";
    case Call::status:
      return "status";
  }
  return "";
}

std::string line_of(const ControlRequest& request) {
  JsonWriter out;
  out.begin_object(JsonWriter::Layout::one_line);
  out.key("call").text(to_string(request.call));
  if (request.call != Call::status) {
    out.key("job").text(request.job.str());
    out.key("wait").flag(request.wait);
    if (request.allow_budget) out.key("allow_budget").text(*request.allow_budget);
  }
  out.end_object();
  return std::move(out).take();
}

std::string line_of(const ControlReply& reply) {
  JsonWriter out;
  out.begin_object(JsonWriter::Layout::one_line);
  out.key("ok").flag(reply.error.empty());
  if (!reply.error.empty()) out.key("message").text(reply.error);
  if (reply.status) out.key("status").number(static_cast<std::uint64_t>(*reply.status));
  if (reply.daemon) {
    out.key("daemon").begin_object(JsonWriter::Layout::one_line);
    write_members(out, *reply.daemon, JsonWriter::Layout::one_line);
    out.end_object();
  }
  out.end_object();
  return std::move(out).take();
}

std::variant<ControlRequest, std::string> request_from(std::string_view line) {
  return read<ControlRequest>(line, [](const JsonFields& in) {
    const auto call = in.parsed("call", "call", call_from);
    if (call == Call::status) return ControlRequest{Call::status, {}, false};
    const auto job = in.parsed("job", "job", JobId::parse);
    const bool wait = in.flag("wait");
    auto allowed = in.optional_text("allow_budget");
    return in.ok() ? ControlRequest{*call, *job, wait, std::move(allowed)} : ControlRequest{};
  });
}

std::variant<ControlReply, std::string> reply_from(std::string_view line) {
  return read<ControlReply>(line, [](const JsonFields& in) {
    ControlReply reply;
    if (!in.flag("ok")) reply.error = in.text("message");
    if (const JsonValue* daemon = in.find("daemon"))
      reply.daemon = read_daemon_status(in.object("daemon", *daemon));
    if (in.find("status")) reply.status = static_cast<int>(in.number("status", 255));
    return reply;
  });
}

}  // namespace zr
