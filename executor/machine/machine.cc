#include "executor/machine/machine.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "executor/machine/descriptor.h"
#include "fmt/format.h"

namespace zr {
namespace {

constexpr std::size_t max_err_bytes = std::size_t{64} * 1024;
constexpr std::size_t max_out_bytes = std::size_t{16} * 1024 * 1024;

// Reads both outputs of a process until both have ended.
class Reader {
 public:
  Reader(const Process& process, const std::string& name, const CommandLimits& limits)
      : name_(name), limits_(limits), wake_(limits.stop) {
    fds_[0] = {process.stdout_fd(), POLLIN, 0};
    fds_[1] = {process.stderr_fd(), POLLIN, 0};
    fds_[2] = {wake_.fd(), POLLIN, 0};
    for (int i = 0; i < 2; ++i) set_nonblocking(fds_[i].fd);
  }

  Result<void> run(const OnOutput& on_out, const OnOutput& on_err) {
    while (fds_[0].fd >= 0 || fds_[1].fd >= 0) {
      if (limits_.stop.stop_requested()) {
        return Error{Remedy::retry, fmt::format("'{}' was interrupted", name_)};
      }
      if (std::chrono::steady_clock::now() >= limits_.deadline) {
        return Error{Remedy::retry,
                     fmt::format("'{}' did not end in time and was ended; see what it waits for (a "
                                 "pool that does not answer?)",
                                 name_)};
      }
      ::poll(fds_, 3, poll_timeout(limits_.deadline));
      if (auto ok = take(fds_[0], on_out); !ok) return ok;
      if (auto ok = take(fds_[1], on_err); !ok) return ok;
    }
    return {};
  }

 private:
  Result<void> take(pollfd& from, const OnOutput& on) {
    if (from.fd < 0 || from.revents == 0) return {};
    const ssize_t n = ::read(from.fd, buffer_.data(), buffer_.size());
    if (n > 0) return on(std::string_view(buffer_.data(), static_cast<std::size_t>(n)));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    if (n < 0) {
      return Error{Remedy::retry,
                   fmt::format("can't read from '{}': {}", name_, std::strerror(errno))};
    }
    from.fd = -1;
    return {};
  }

  const std::string& name_;
  const CommandLimits& limits_;
  StopWake wake_;
  pollfd fds_[3] = {};
  std::vector<char> buffer_ = std::vector<char>(std::size_t{128} * 1024);
};

}  // namespace

Result<Output> run_command(Process& process, const std::string& name, const CommandLimits& limits,
                           const OnOutput& on_output) {
  process.close_stdin();
  Output output;
  const OnOutput capture = [&](std::string_view text) -> Result<void> {
    if (output.out.size() + text.size() > max_out_bytes) {
      return Error{Remedy::give_up, fmt::format("'{}' prints too much", name)};
    }
    output.out += text;
    return {};
  };
  const OnOutput keep_first = [&](std::string_view text) -> Result<void> {
    output.err += text.substr(0, max_err_bytes - output.err.size());
    return {};
  };
  Reader reader(process, name, limits);
  if (auto ok = reader.run(on_output ? on_output : capture, keep_first); !ok) return ok.error();

  const auto status = process.wait(limits.deadline, limits.stop);
  if (!status) return status.error();
  output.status = *status;
  return output;
}

Result<Output> run_command(Machine& machine, const Argv& argv, const CommandLimits& limits,
                           const OnOutput& on_output) {
  auto process = machine.spawn(argv);
  if (!process) return process.error();
  return run_command(**process, argv.front(), limits, on_output);
}

}  // namespace zr
