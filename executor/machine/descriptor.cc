#include "executor/machine/descriptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>

namespace zr {
namespace {

// The same file under a number from 3 on.
int above_standard(int fd) {
  if (fd > STDERR_FILENO || fd < 0) return fd;
  const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  ::close(fd);
  return moved;
}

int largest_pipe_bytes() {
  int bytes = 0;
  if (std::FILE* file = std::fopen("/proc/sys/fs/pipe-max-size", "re")) {
    if (std::fscanf(file, "%d", &bytes) != 1) bytes = 0;
    std::fclose(file);
  }
  return bytes > 0 ? bytes : 1 << 20;
}

thread_local unsigned sigpipe_guards = 0;

sigset_t sigpipe_alone() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Error{Remedy::retry, std::string("can't make a pipe: ") + std::strerror(errno)};
  }
  Pipe pipe{Descriptor(above_standard(ends[0])), Descriptor(above_standard(ends[1]))};
  if (pipe.read.get() < 0 || pipe.write.get() < 0) {
    return Error{Remedy::retry, std::string("can't make a pipe: ") + std::strerror(errno)};
  }
  return pipe;
}

void enlarge_pipe(int fd) { (void)::fcntl(fd, F_SETPIPE_SZ, largest_pipe_bytes()); }

void set_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags >= 0) ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void StopWake::Signal::operator()() const {
  const std::uint64_t one = 1;
  (void)!::write(fd, &one, sizeof one);
}

StopWake::StopWake(std::stop_token stop) {
  if (!stop.stop_possible()) return;  // poll(2) passes over a descriptor of -1
  event_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (event_.get() >= 0) callback_.emplace(std::move(stop), Signal{event_.get()});
}

SigpipeGuard::SigpipeGuard() {
  if (sigpipe_guards++ > 0) return;
  const sigset_t pipe = sigpipe_alone();
  sigset_t pending;
  sigset_t before;
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  ours_ = sigismember(&before, SIGPIPE) == 0 && sigismember(&pending, SIGPIPE) == 0;
}

SigpipeGuard::~SigpipeGuard() {
  --sigpipe_guards;
  if (!ours_) return;
  const sigset_t pipe = sigpipe_alone();
  const timespec at_once{};
  while (sigtimedwait(&pipe, nullptr, &at_once) < 0 && errno == EINTR) {
  }
  pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
}

int poll_timeout(std::chrono::steady_clock::time_point when) {
  using std::chrono::steady_clock;
  if (when == steady_clock::time_point::max()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(when - steady_clock::now()).count();
  if (left <= 0) return 0;
  return left > INT_MAX ? INT_MAX : static_cast<int>(left);
}

}  // namespace zr
