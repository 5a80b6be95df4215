#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "executor/machine/descriptor.h"
#include "executor/result.h"
#include "executor/rpc/frame.h"

namespace zr {

// An event that stays: once said, its descriptor is readable.
class Ended {
 public:
  Ended();
  void say();
  bool is_said() const { return said_; }
  int fd() const { return event_.get(); }

 private:
  Descriptor event_;
  std::atomic<bool> said_ = false;
};

// Writes frames. Safe from several threads: each has its turn in the order in which they asked, so
// that who streams does not keep a small call from being sent. Gives up when the connection ends.
class FrameWriter {
 public:
  // The descriptor is nonblocking; both outlive this. A peer that reads nothing for so long, while
  // there is something to read, is gone.
  FrameWriter(int fd, Ended& ended, std::chrono::milliseconds patience)
      : fd_(fd), ended_(ended), patience_(patience) {}

  // Before any frame.
  Result<void> greet(std::string_view hello);
  Result<void> send(FrameType, std::uint8_t flags, std::uint32_t channel, std::string_view payload);
  // A call's or a reply's header, in as many frames as it takes, with no other frame between them.
  Result<void> send_header(FrameType, std::uint8_t flags, std::uint32_t channel,
                           std::string_view header);
  // One data frame out of what is in a pipe; so much has to be there.
  Result<void> splice(std::uint32_t channel, int pipe, std::size_t bytes);
  // A few bytes, if that can be done without waiting: not while somebody is writing, nor while the
  // peer does not read.
  void send_if_idle(FrameType, std::string_view payload);

  // Or last found busy with sending.
  std::chrono::steady_clock::time_point last_sent() const;

 private:
  class Turn;
  Result<void> write_frame(const FrameHeader&, std::string_view payload);
  Result<void> write_all(std::string_view);
  Result<void> splice_all(int pipe, std::size_t bytes);
  Result<void> wait_for_room() const;

  const int fd_;
  Ended& ended_;
  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::condition_variable turn_;
  std::uint64_t next_ticket_ = 0;
  std::uint64_t serving_ = 0;
  std::chrono::steady_clock::time_point last_sent_ = std::chrono::steady_clock::now();
};

}  // namespace zr
