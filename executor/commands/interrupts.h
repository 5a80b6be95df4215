#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace zr {

// SIGINT, SIGTERM and SIGHUP as a stop request; of a program that lives on, SIGHUP as a request to
// read its files again. While one of these lives, the signals are blocked
// in the thread that made it and in those started since (so make it first), and a thread takes
// them: the first requests a stop, the second ends the process at once with 128 + its number. A
// signal that was ignored at the start (nohup, a shell's background job) stays ignored.
class Interrupts {
 public:
  explicit Interrupts(bool lives_on = false);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  // An eventfd: readable after a SIGHUP that reloads. It is this object's.
  int reload_fd() const { return reload_fd_; }

 private:
  void take_signals(int signals_fd);

  const bool lives_on_;
  std::stop_source stop_;
  sigset_t before_{};
  int end_fd_ = -1;
  int reload_fd_ = -1;
  std::thread thread_;
};

}  // namespace zr
