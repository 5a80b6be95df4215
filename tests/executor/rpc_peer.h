#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "executor/machine/descriptor.h"
#include "executor/rpc/frame.h"
#include "executor/rpc/hello.h"

namespace zr {

// One end of what a connection is over.
struct RpcEnd {
  Descriptor in, out;
};
using RpcEnds = std::pair<RpcEnd, RpcEnd>;

inline RpcEnds over_sockets() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    throw std::runtime_error("the test gets no sockets");
  }
  return {RpcEnd{Descriptor(fds[0]), Descriptor(::dup(fds[0]))},
          RpcEnd{Descriptor(fds[1]), Descriptor(::dup(fds[1]))}};
}

inline RpcEnds over_pipes() {
  auto to = make_pipe(), from = make_pipe();
  if (!to || !from) throw std::runtime_error("the test gets no pipes");
  return {RpcEnd{std::move(from->read), std::move(to->write)},
          RpcEnd{std::move(to->read), std::move(from->write)}};
}

// Ends the tests when what is in its scope hangs.
class HangsNot {
 public:
  explicit HangsNot(std::chrono::seconds at_most = std::chrono::seconds(60))
      : thread_([this, at_most] {
          std::unique_lock lock(mutex_);
          if (done_.wait_for(lock, at_most, [&] { return over_; })) return;
          std::fputs("a test of the protocol hangs\n", stderr);
          std::abort();
        }) {}
  HangsNot(const HangsNot&) = delete;
  HangsNot& operator=(const HangsNot&) = delete;
  ~HangsNot() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    done_.notify_all();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool over_ = false;
  std::thread thread_;
};

// Threads of this process.
inline std::size_t running_threads() {
  using Files = std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(Files("/proc/self/task"), Files()));
}

// A frame as it is on the wire.
inline std::string frame_bytes(FrameType type, std::uint8_t flags, std::uint32_t channel,
                               std::string_view payload = {}) {
  const auto header =
      encode(FrameHeader{type, flags, channel, static_cast<std::uint32_t>(payload.size())});
  std::string bytes(reinterpret_cast<const char*>(header.data()), header.size());
  return bytes.append(payload);
}

inline std::string greeting_bytes(bool checksum = true) {
  return std::string(preface) +
         frame_bytes(FrameType::hello, 0, 0, to_json(Hello{"test", 0, checksum}));
}

struct Frame {
  FrameHeader header;
  std::string payload;
};

// The other end of a connection, driven by hand: says any bytes and reads frames.
class RawPeer {
 public:
  explicit RawPeer(RpcEnd end) : in_(std::move(end.in)), out_(std::move(end.out)) {}

  // False once nobody reads any more, or for ten seconds did not.
  bool say(std::string_view bytes) {
    const SigpipeGuard guard;
    set_nonblocking(out_.get());
    while (!bytes.empty()) {
      const ssize_t n = ::write(out_.get(), bytes.data(), bytes.size());
      if (n > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
        continue;
      }
      pollfd room{out_.get(), POLLOUT, 0};
      if (errno != EAGAIN || ::poll(&room, 1, 10'000) != 1) return false;
    }
    return true;
  }
  bool say(FrameType type, std::uint8_t flags, std::uint32_t channel,
           std::string_view payload = {}) {
    return say(frame_bytes(type, flags, channel, payload));
  }
  bool greet(bool checksum = true) { return say(greeting_bytes(checksum)); }

  // The next frame, and the preface before the first; none at the connection's end.
  std::optional<Frame> read() {
    if (!greeted_) {
      std::string said(preface.size(), '\0');
      if (!read_exactly(said.data(), said.size())) return {};
      CHECK(said == preface);
      greeted_ = true;
    }
    FrameHeaderBytes bytes{};
    if (!read_exactly(reinterpret_cast<char*>(bytes.data()), bytes.size())) return {};
    const auto header = decode(std::span<const std::byte, frame_header_bytes>(bytes));
    REQUIRE(header);
    Frame frame{*header, std::string(header->length, '\0')};
    if (!read_exactly(frame.payload.data(), frame.payload.size())) return {};
    return frame;
  }
  // The next of this type, past all others; none at the connection's end.
  std::optional<Frame> read(FrameType type) {
    for (;;) {
      auto frame = read();
      if (!frame || frame->header.type == type) return frame;
    }
  }
  // Whether anything comes within so long.
  bool hears(std::chrono::milliseconds within) const {
    pollfd there{in_.get(), POLLIN, 0};
    return ::poll(&there, 1, static_cast<int>(within.count())) == 1;
  }
  // What the other end said as its last words; empty when it just closed.
  std::string goodbye() {
    const auto frame = read(FrameType::goodbye);
    return frame ? frame->payload : "";
  }
  void hang_up() {
    in_.reset();
    out_.reset();
  }
  void stop_talking() {
    ::shutdown(out_.get(), SHUT_WR);
    out_.reset();
  }

 private:
  bool read_exactly(char* to, std::size_t n) {
    while (n > 0) {
      const ssize_t got = ::read(in_.get(), to, n);
      if (got > 0) {
        to += got;
        n -= static_cast<std::size_t>(got);
        continue;
      }
      pollfd there{in_.get(), POLLIN, 0};
      if (got == 0 || errno != EAGAIN || ::poll(&there, 1, 10'000) != 1) return false;
    }
    return true;
  }

  Descriptor in_, out_;
  bool greeted_ = false;
};

}  // namespace zr
