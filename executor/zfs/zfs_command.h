#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <vector>

#include "executor/machine/machine.h"
#include "executor/zfs/zfs_argv.h"

namespace zr {

// How zfs(8) is run on a host: by which program, for how long at most, until when. The host
// outlives this. Arguments are those after the program's name.
class ZfsCommand {
 public:
  ZfsCommand(Machine& machine, Argv zfs, std::chrono::seconds timeout, std::stop_token stop);

  // A command that changes something. That it failed is an error.
  Result<void> run(const Argv& arguments) const;
  // Likewise, but how it ended is the caller's to judge.
  Result<Output> try_run(const Argv& arguments, const OnOutput& = {}) const;
  // Commands that look at things by name, one after the other. Names that do not exist are missing
  // from the output, and no error.
  Result<void> read(const std::vector<Argv>& commands, const OnOutput&) const;
  // One that reads or writes a stream.
  Result<std::unique_ptr<Process>> spawn(const Argv& arguments) const;

  Argv full(const Argv& arguments) const;
  ArgvLimits argv_limits() const;
  const std::stop_token& stop() const { return stop_; }

 private:
  Machine& machine_;
  Argv zfs_;
  std::chrono::seconds timeout_;
  std::stop_token stop_;
};

}  // namespace zr
