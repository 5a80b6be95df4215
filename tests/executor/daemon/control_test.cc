#include "executor/daemon/control.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "executor/daemon/memory_file.h"
#include "executor/text_file.h"
#include "tests/executor/temporary_folder.h"

namespace zr {
namespace {

using Call = ControlRequest::Call;

JobId job(const std::string& name) { return JobId::parse(name).value(); }

std::string refused(std::string_view line) {
  const auto request = request_from(line);
  const auto* error = std::get_if<std::string>(&request);
  return error ? *error : "";
}

}  // namespace

TEST_CASE("what a daemon is asked and answers survives being written and read") {
  for (const Call call : {Call::wake, Call::pause, Call::resume}) {
    for (const bool wait : {false, true}) {
      const ControlRequest request{call, job("pull.a.b"), wait};
      CHECK(std::get<ControlRequest>(request_from(line_of(request))) == request);
    }
  }
  const ControlRequest allowed{Call::wake, job("push.x"), false, "cafe"};
  CHECK(std::get<ControlRequest>(request_from(line_of(allowed))) == allowed);
  for (const ControlReply& reply :
       {ControlReply{}, ControlReply{"no \"such\"\njob", {}}, ControlReply{"", 7}}) {
    CHECK(std::get<ControlReply>(reply_from(line_of(reply))) == reply);
    CHECK(line_of(reply).find('\n') == line_of(reply).size() - 1);
  }
  CHECK(line_of(ControlRequest{Call::wake, job("push.x"), true}) ==
        R"({"call":"wake","job":"push.x","wait":true})"
        "\n");
  CHECK(line_of(ControlReply{"", 4}) == R"({"ok":true,"status":4})"
                                        "\n");
}

TEST_CASE("what is no request is refused with the reason") {
  CHECK(refused("").size() > 0);
  CHECK(refused("wake push.x").size() > 0);
  CHECK(refused("[]").size() > 0);
  CHECK(refused(R"({"call":"wake"})").find("job") != std::string::npos);
  CHECK(refused(R"({"call":"reboot","job":"push.x"})").find("reboot") != std::string::npos);
  CHECK(refused(R"({"call":"wake","job":"push"})").find("push") != std::string::npos);
  CHECK(refused(R"({"call":"wake","job":"push.x","job":"push.y"})").size() > 0);
  CHECK(refused(R"({"call":"wake","job":"push.x","wait":"yes"})").find("wait") !=
        std::string::npos);
  CHECK(refused(std::string(4000, '[')).size() > 0);
}

TEST_CASE("whatever bytes come, they are a request or refused") {
  CHECK(rc::check([](const std::string& line) {
    const auto request = request_from(line);
    if (const auto* good = std::get_if<ControlRequest>(&request))
      RC_ASSERT(std::get<ControlRequest>(request_from(line_of(*good))) == *good);
  }));
}

TEST_CASE("what a daemon remembers survives being written and read") {
  const TemporaryFolder folder;
  const auto path = folder / "office.daemon";
  CHECK(read_memory(path).value() == DaemonMemory{});
  DaemonMemory memory;
  memory.last[job("push.a")] = Seconds(std::chrono::seconds(1795329000));
  memory.last[job("prune.b")] = Seconds(std::chrono::seconds(0));
  memory.paused = {job("push.a"), job("pull.c")};
  REQUIRE(write_memory(path, memory));
  CHECK(read_memory(path).value() == memory);
}

TEST_CASE("what no daemon wrote is refused whole") {
  const TemporaryFolder folder;
  const auto path = folder / "office.daemon";
  for (const std::string& text : std::vector<std::string>{
           "", "{}", "[]", R"({"format_version":"2.0","jobs":[]})",
           R"({"format_version":"1.0","jobs":[{"job":"x","last":null,"paused":false}]})",
           R"({"format_version":"1.0","jobs":[{"job":"push.x","last":"noon","paused":false}]})",
           R"({"format_version":"1.0","jobs":[{"job":"push.x","last":7}]})"}) {
    REQUIRE(write_text_file(path, text));
    const auto read = read_memory(path);
    REQUIRE_MESSAGE(!read, text);
    CHECK(read.error().message.find("office.daemon") != std::string::npos);
  }
}

}  // namespace zr
