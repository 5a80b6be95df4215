#pragma once

#include <mutex>
#include <string_view>
#include <utility>

#include "executor/progress/progress.h"

namespace zr {

// The log of a program that nobody watches, a line at a time, from any thread. Each line begins
// with the time, or, where it goes to the system's journal, which knows that, with a level.
class DaemonLog {
 public:
  enum class Level { error = 3, warning = 4, info = 6, debug = 7 };

  DaemonLog(WriteText write, bool to_journal, WallClock clock)
      : write_(std::move(write)), to_journal_(to_journal), clock_(std::move(clock)) {}

  // Text of several lines is several lines of the log; `who` is before each. Debug lines are left
  // out where there is no journal to hide them in.
  void say(Level, std::string_view who, std::string_view text);

 private:
  std::mutex mutex_;
  const WriteText write_;
  const bool to_journal_;
  const WallClock clock_;
};

}  // namespace zr
