#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "executor/result.h"

namespace zr {

// A program and its arguments, never a shell's text.
using Argv = std::vector<std::string>;

// A program that runs: its three streams as descriptors of pipes (nonblocking is the caller's
// choice), owned by this. Destroying a process that has not ended closes the pipes, ends it
// (SIGTERM, then SIGKILL) and reaps it, so that none is left behind.
class Process {
 public:
  virtual ~Process() = default;
  virtual int stdin_fd() const = 0;  // -1 once closed
  virtual int stdout_fd() const = 0;
  virtual int stderr_fd() const = 0;
  virtual void close_stdin() = 0;
  virtual void terminate() = 0;
  // Blocks until the program ends, `deadline` passes (then it is killed: Remedy::retry) or a stop
  // is requested (likewise). The exit status; 128 + n for one that a signal n ended.
  virtual Result<int> wait(std::chrono::steady_clock::time_point deadline, std::stop_token) = 0;
};

// A machine that runs programs: by posix_spawn here, over an SSH channel there. (A Host is what the
// policy says about one.)
class Machine {
 public:
  virtual ~Machine() = default;
  virtual Result<std::unique_ptr<Process>> spawn(const Argv&) = 0;
  // What the arguments of one command may take there, each counted with its final NUL and a
  // pointer.
  virtual std::size_t max_argv_bytes() const { return std::size_t{64} * 1024; }
};

struct Output {
  int status = 0;
  std::string out;
  std::string err;  // at most its first 64 KiB
};

struct CommandLimits {
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::stop_token stop;
};

// Is given what a program prints as it comes, in pieces of any size. An error ends the program and
// is handed on.
using OnOutput = std::function<Result<void>(std::string_view)>;

// Runs a program that reads nothing to its end. Without `on_output` what it prints is in
// Output::out, and more than 16 MiB of it is an error. A status other than 0 is not an error here.
Result<Output> run_command(Machine&, const Argv&, const CommandLimits&,
                           const OnOutput& on_output = {});
// The same for a program that was just started, called `name` in errors.
Result<Output> run_command(Process&, const std::string& name, const CommandLimits&,
                           const OnOutput& on_output = {});

}  // namespace zr
