#include "executor/zfs/zfs_command.h"

#include <algorithm>
#include <utility>

#include "executor/zfs/zfs_error.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace zr {
namespace {

// A program that can't be started is most often one that is not installed.
Error explained(const Argv& command, const Error& error) {
  return {error.remedy,
          fmt::format("{}; install ZFS's programs (Debian: zfsutils-linux), or say how zfs is run "
                      "with `zfs [...]` in the host's block (now: {})",
                      error.message, shown({command.front()}))};
}

}  // namespace

ZfsCommand::ZfsCommand(Machine& machine, Argv zfs, std::chrono::seconds timeout,
                       std::stop_token stop)
    : machine_(machine), zfs_(std::move(zfs)), timeout_(timeout), stop_(std::move(stop)) {
  if (zfs_.empty()) zfs_ = {"zfs"};
}

Argv ZfsCommand::full(const Argv& arguments) const {
  Argv result = zfs_;
  result.insert(result.end(), arguments.begin(), arguments.end());
  return result;
}

ArgvLimits ZfsCommand::argv_limits() const {
  std::size_t prefix = 0;
  for (const std::string& argument : zfs_) prefix += argument.size() + 1 + sizeof(char*);
  const std::size_t all = machine_.max_argv_bytes();
  ArgvLimits limits{.total_bytes = all > 2 * prefix ? all - prefix : all / 2};
  limits.one_bytes = std::min(limits.one_bytes, limits.total_bytes / 2);
  return limits;
}

Result<std::unique_ptr<Process>> ZfsCommand::spawn(const Argv& arguments) const {
  const Argv command = full(arguments);
  auto process = machine_.spawn(command);
  if (!process && process.error().remedy == Remedy::give_up) {
    return explained(command, process.error());
  }
  return process;
}

Result<Output> ZfsCommand::try_run(const Argv& arguments, const OnOutput& on_output) const {
  auto process = spawn(arguments);
  if (!process) return process.error();
  const std::string name = fmt::format("{} {}", fmt::join(zfs_, " "), arguments.front());
  const CommandLimits limits{std::chrono::steady_clock::now() + timeout_, stop_};
  return run_command(**process, name, limits, on_output);
}

Result<void> ZfsCommand::run(const Argv& arguments) const {
  const auto output = try_run(arguments);
  if (!output) return output.error();
  if (output->status != 0) return zfs_failure(full(arguments), output->status, output->err);
  return {};
}

Result<void> ZfsCommand::read(const std::vector<Argv>& commands, const OnOutput& on_output) const {
  for (const Argv& arguments : commands) {
    const auto output = try_run(arguments, on_output);
    if (!output) return output.error();
    if (output->status != 0 && !only_missing(output->err)) {
      return zfs_failure(full(arguments), output->status, output->err);
    }
  }
  return {};
}

}  // namespace zr
