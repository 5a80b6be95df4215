#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/executor/rpc_peer.h"

namespace zr {

// A conversation taken apart: the preface is the first, and each frame one more.
inline std::vector<std::string> parts_of(std::string_view said) {
  std::vector<std::string> parts;
  std::size_t n = preface.size();
  while (n <= said.size() && !said.empty()) {
    parts.emplace_back(said.substr(0, n));
    said.remove_prefix(n);
    if (said.size() < frame_header_bytes) break;
    FrameHeaderBytes bytes{};
    std::memcpy(bytes.data(), said.data(), bytes.size());
    const auto header = decode(std::span<const std::byte, frame_header_bytes>(bytes));
    REQUIRE(header);
    n = frame_header_bytes + header->length;
  }
  return parts;
}

// Stands between two ends of a connection and hands on what each says, until one of them closes it.
class Relay {
 public:
  // All that was said so far, and what became of it, which only ever grows.
  struct Direction {
    std::string heard, said;
  };
  // Takes what is to be said out of what was heard; false cuts the connection once that is said.
  using Hand = std::function<bool(Direction&)>;
  static bool unchanged(Direction& d) {
    d.said = d.heard;
    return true;
  }
  // Only so many bytes.
  static Hand at_most(std::size_t bytes) {
    return [bytes](Direction& d) {
      d.said = d.heard.substr(0, bytes);
      return d.heard.size() < bytes;
    };
  }

  // With a pause of nothing being said for so long, it is cut as well.
  Relay(RpcEnd caller, RpcEnd answerer, Hand from_caller, Hand from_answerer,
        std::chrono::milliseconds patience = std::chrono::milliseconds(-1))
      : caller_(std::move(caller)),
        answerer_(std::move(answerer)),
        hands_{std::move(from_caller), std::move(from_answerer)},
        thread_([this, patience] {
          run(patience);
          caller_ = {};
          answerer_ = {};
        }) {}
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  // Once joined.
  const std::string& caller_said() const { return directions_[0].heard; }
  const std::string& answerer_said() const { return directions_[1].heard; }

 private:
  void run(std::chrono::milliseconds patience) {
    const SigpipeGuard guard;
    const int from[] = {caller_.in.get(), answerer_.in.get()};
    const int to[] = {answerer_.out.get(), caller_.out.get()};
    // Some things are to be cut before anything is said.
    for (std::size_t i : {0u, 1u}) {
      if (!pass(i, {}, to[i])) return;
    }
    std::string piece(65536, '\0');
    for (;;) {
      pollfd fds[] = {{from[0], POLLIN, 0}, {from[1], POLLIN, 0}};
      if (::poll(fds, 2, static_cast<int>(patience.count())) == 0) return;
      for (std::size_t i : {0u, 1u}) {
        if (fds[i].revents == 0) continue;
        const ssize_t n = ::read(from[i], piece.data(), piece.size());
        if (n <= 0 || !pass(i, piece.substr(0, static_cast<std::size_t>(n)), to[i])) return;
      }
    }
  }
  bool pass(std::size_t i, std::string_view heard, int to) {
    Direction& d = directions_[i];
    d.heard += heard;
    const std::size_t before = d.said.size();
    const bool goes_on = hands_[i](d);
    std::string_view left = std::string_view(d.said).substr(before);
    while (!left.empty()) {
      const ssize_t n = ::write(to, left.data(), left.size());
      if (n <= 0) return false;
      left.remove_prefix(static_cast<std::size_t>(n));
    }
    return goes_on;
  }

  RpcEnd caller_, answerer_;
  Hand hands_[2];
  Direction directions_[2];
  std::thread thread_;
};

}  // namespace zr
