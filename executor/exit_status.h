#pragma once

#include <string>
#include <utility>

namespace zr {

// What the process says at its end. Scripts rely on the numbers.
enum class ExitStatus : int {
  done = 0,          // or nothing to do
  failed = 1,        // could not do it, or was interrupted
  changes = 2,       // there is something to do; only `plan --detailed-exitcode`
  wrong = 3,         // the policy, the command line or a file given on it is wrong
  conflicts = 4,     // finished, but with conflicts, or refused, since the plan is over budget;
                     // `plan`: only with --detailed-exitcode; `allow --verify`: with more
                     // allowed than needed; `health`: with something that is not as promised
  stale = 5,         // the saved plan no longer fits the world; nothing was done
  locked = 6,        // another run holds the lock
  steps_failed = 7,  // some steps failed
};

// Why a command ends early.
struct Failure {
  ExitStatus status = ExitStatus::failed;
  std::string text;  // whole lines, as they are printed: diagnostics, or `error:` and `help:`

  static Failure because(ExitStatus status, std::string_view message, std::string_view help = {}) {
    std::string text = "error: " + std::string(message) + "\n";
    if (!help.empty()) text += "help: " + std::string(help) + "\n";
    return {status, std::move(text)};
  }
};

}  // namespace zr
