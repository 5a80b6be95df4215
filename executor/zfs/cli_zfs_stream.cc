#include "executor/zfs/cli_zfs_stream.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "executor/machine/descriptor.h"
#include "executor/zfs/zfs_argv.h"
#include "executor/zfs/zfs_error.h"
#include "fmt/format.h"

namespace zr {
namespace {

using std::chrono::steady_clock;
constexpr auto no_deadline = steady_clock::time_point::max();

// How long a receiver that was cut has to write down what has arrived, before it is ended.
constexpr std::chrono::seconds cut_grace{30};
// How long what is written to stderr is waited for after the process has ended: another that holds
// it open must not hold us up.
constexpr std::chrono::seconds err_grace{1};

// Takes what a process writes to stderr while a stream goes through it, so that it never waits for
// us; keeps the first 64 KiB.
class ErrReader {
 public:
  explicit ErrReader(int fd)
      : thread_([this, fd](const std::stop_token& stop) { run(fd, stop); }) {}

  // All of it; to be called when the process has ended.
  std::string finish() {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, err_grace, [this] { return at_end_; });
    return text_;
  }

 private:
  static constexpr std::size_t most = std::size_t{64} * 1024;

  void run(int fd, const std::stop_token& stop) {
    set_nonblocking(fd);
    const StopWake wake(stop);
    char buffer[4096];
    while (!stop.stop_requested()) {
      pollfd fds[] = {{fd, POLLIN, 0}, {wake.fd(), POLLIN, 0}};
      ::poll(fds, 2, -1);
      const ssize_t n = ::read(fd, buffer, sizeof buffer);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n <= 0) break;
      const std::scoped_lock lock(mutex_);
      text_ += std::string_view(buffer, static_cast<std::size_t>(n)).substr(0, most - text_.size());
    }
    const std::scoped_lock lock(mutex_);
    at_end_ = true;
    ended_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  std::string text_;
  bool at_end_ = false;
  std::jthread thread_;
};

// What both ends share.
class StreamProcess {
 public:
  StreamProcess(std::unique_ptr<Process> process, Argv command, std::stop_token stop)
      : process_(std::move(process)),
        command_(std::move(command)),
        stop_(std::move(stop)),
        wake_(stop_),
        err_(process_->stderr_fd()) {}

  Process& process() { return *process_; }
  Error interrupted() const {
    return {Remedy::retry, fmt::format("`{}` was interrupted", shown(command_))};
  }
  // Until the descriptor is ready or a stop is requested, which is false.
  bool ready(int fd, short events) const {
    pollfd fds[] = {{fd, events, 0}, {wake_.fd(), POLLIN, 0}};
    while (!stop_.stop_requested()) {
      if (::poll(fds, 2, -1) > 0 && fds[0].revents != 0) return true;
    }
    return false;
  }
  Error io_error(std::string_view what) const {
    return {Remedy::retry,
            fmt::format("can't {} `{}`: {}", what, shown(command_), std::strerror(errno))};
  }
  Result<void> end() {
    const auto status = process_->wait(no_deadline, stop_);
    if (!status) return status.error();
    const std::string err = err_.finish();
    if (*status == 0 && !says_property_not_set(err)) return {};
    return zfs_failure(command_, *status, err);
  }

 private:
  std::unique_ptr<Process> process_;
  Argv command_;
  std::stop_token stop_;
  StopWake wake_;
  ErrReader err_;  // reads from the process, and so ends before it
};

class ProcessSendStream final : public SendStream {
 public:
  ProcessSendStream(std::unique_ptr<Process> process, Argv command, std::stop_token stop)
      : process_(std::move(process), std::move(command), std::move(stop)) {
    process_.process().close_stdin();
    enlarge_pipe(fd());
    set_nonblocking(fd());
  }

  int fd() const override { return const_cast<StreamProcess&>(process_).process().stdout_fd(); }

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (true) {
      const ssize_t n = ::read(fd(), into.data(), into.size());
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EAGAIN && errno != EINTR) return process_.io_error("read from");
      if (!process_.ready(fd(), POLLIN)) return process_.interrupted();
    }
  }

  Result<void> finish() override { return process_.end(); }

 private:
  StreamProcess process_;
};

class ProcessReceiveStream final : public ReceiveStream {
 public:
  ProcessReceiveStream(std::unique_ptr<Process> process, Argv command, std::string target,
                       std::stop_token stop)
      : process_(std::move(process), std::move(command), std::move(stop)),
        target_(std::move(target)) {
    enlarge_pipe(fd());
    set_nonblocking(fd());
  }
  ProcessReceiveStream(const ProcessReceiveStream&) = delete;
  ProcessReceiveStream& operator=(const ProcessReceiveStream&) = delete;

  ~ProcessReceiveStream() override {
    // The end of its input in the middle of a stream makes zfs keep what has arrived.
    process_.process().close_stdin();
    (void)process_.process().wait(steady_clock::now() + cut_grace, {});
  }

  int fd() const override { return const_cast<StreamProcess&>(process_).process().stdin_fd(); }

  Result<void> write(std::span<const std::byte> bytes) override {
    const SigpipeGuard guard;
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd(), bytes.data(), bytes.size());
      if (n >= 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(n));
      } else if (errno == EPIPE) {
        return early_end();
      } else if (errno != EAGAIN && errno != EINTR) {
        return process_.io_error("write to");
      } else if (!process_.ready(fd(), POLLOUT)) {
        return process_.interrupted();
      }
    }
    return {};
  }

  Result<void> finish() override {
    process_.process().close_stdin();
    auto ended = process_.end();
    if (ended) return {};
    if (ended.error().lacks_property) return ended;  // and all has arrived
    return Error{
        ended.error().remedy,
        fmt::format("{} (what had arrived, if anything, is kept for a resume; `zfs receive "
                    "-A {}` drops it)",
                    ended.error().message, shown({target_}))};
  }

 private:
  Result<void> early_end() {
    if (auto ended = finish(); !ended) return ended;
    return Error{Remedy::replan,
                 fmt::format("zfs receive ended before the stream for '{}' did", target_)};
  }

  StreamProcess process_;
  std::string target_;
};

}  // namespace

Result<std::unique_ptr<SendStream>> open_send(const ZfsCommand& zfs, const SendRequest& request) {
  const Argv arguments = send_stream(request);
  auto process = zfs.spawn(arguments);
  if (!process) return process.error();
  return std::unique_ptr<SendStream>(
      std::make_unique<ProcessSendStream>(std::move(*process), zfs.full(arguments), zfs.stop()));
}

Result<std::unique_ptr<ReceiveStream>> open_receive(const ZfsCommand& zfs,
                                                    const ReceiveRequest& request) {
  const Argv arguments = receive_stream(request);
  auto process = zfs.spawn(arguments);
  if (!process) return process.error();
  return std::unique_ptr<ReceiveStream>(std::make_unique<ProcessReceiveStream>(
      std::move(*process), zfs.full(arguments), request.target.str(), zfs.stop()));
}

}  // namespace zr
