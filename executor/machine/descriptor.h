#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <utility>

#include "executor/result.h"

namespace zr {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  void reset();

 private:
  int fd_ = -1;
};

// Closed on exec, and never one of the three standard descriptors, so that handing them to a child
// can't overwrite one with another.
struct Pipe {
  Descriptor read, write;
};
Result<Pipe> make_pipe();

// Asks the kernel for the largest pipe that it allows; keeps what there is where it refuses.
void enlarge_pipe(int fd);
void set_nonblocking(int fd);

// A descriptor that becomes readable when a stop is requested, for poll(2).
class StopWake {
 public:
  explicit StopWake(std::stop_token);
  int fd() const { return event_.get(); }

 private:
  struct Signal {
    int fd;
    void operator()() const;
  };
  Descriptor event_;
  std::optional<std::stop_callback<Signal>> callback_;
};

// Blocks SIGPIPE for this thread while it lives, so that writing to a pipe without a reader is an
// EPIPE whatever the process does with the signal; takes back one that came in between. One inside
// another costs nothing.
class SigpipeGuard {
 public:
  SigpipeGuard();
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;
  ~SigpipeGuard();

 private:
  bool ours_ = false;  // it was neither blocked nor pending before
};

// Milliseconds until then for poll(2), rounded up; -1 for time_point::max().
int poll_timeout(std::chrono::steady_clock::time_point);

}  // namespace zr
