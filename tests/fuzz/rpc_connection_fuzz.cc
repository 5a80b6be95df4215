// Any bytes after a greeting, said to who serves a simulated host and to who calls one: both come
// to an end. The first byte says how much of it is greeting.
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "executor/rpc/answer.h"
#include "executor/rpc/frame.h"
#include "executor/rpc/rpc_zfs.h"
#include "executor/sim/sim_zfs.h"

namespace {

const zr::HostName host("nas");

std::shared_ptr<zr::SimFile> site() {
  zr::World world;
  world.hosts[host].datasets.emplace_back(*zr::DatasetName::parse("tank"));
  return zr::SimFile::in_memory(world);
}

std::string greeting() {
  const std::string hello = R"({"zrepl":"fuzz","minor":0,"checksum":false})";
  const auto header = zr::encode(
      zr::FrameHeader{zr::FrameType::hello, 0, 0, static_cast<std::uint32_t>(hello.size())});
  return std::string(zr::preface) +
         std::string(reinterpret_cast<const char*>(header.data()), header.size()) + hello;
}

// Says it without reading anything, and hangs up; what is said fits into the socket.
void say(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) break;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  ::shutdown(fd, SHUT_WR);
}

void to_server(const std::string& text) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  const zr::Descriptor peer(ends[0]);
  say(peer.get(), text);
  const auto file = site();
  (void)zr::answer_calls(
      zr::Descriptor(ends[1]), zr::Descriptor(::dup(ends[1])), {},
      [&](std::stop_token) {
        auto zfs = zr::SimZfs::open(file, host, {zr::Seconds(std::chrono::seconds(1)), 100});
        return zr::Result<std::unique_ptr<zr::Zfs>>(std::move(*zfs));
      },
      {});
}

void to_client(const std::string& text) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  const zr::Descriptor peer(ends[0]);
  auto connection = std::make_shared<zr::Connection>(
      zr::Descriptor(ends[1]), zr::Descriptor(::dup(ends[1])), zr::ConnectionOptions());
  zr::RpcZfs zfs(connection, {});
  std::thread saying([&] { say(peer.get(), text); });
  (void)zfs.list({true, {}, {}, false});
  saying.join();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  if ((data[0] & 1) == 0) text = greeting() + text;
  to_server(text);
  to_client(text);
  return 0;
}
