#include "executor/commands/interrupts.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace zr {
namespace {

sigset_t signals_not_ignored() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  return set;
}

// Straight to the descriptor: the stream of the diagnostics belongs to another thread.
void say(std::string_view text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Interrupts::Interrupts(bool lives_on) : lives_on_(lives_on) {
  const sigset_t set = signals_not_ignored();
  pthread_sigmask(SIG_BLOCK, &set, &before_);
  const int signals_fd = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  end_fd_ = ::eventfd(0, EFD_CLOEXEC);
  reload_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this, signals_fd] { take_signals(signals_fd); });
}

Interrupts::~Interrupts() {
  ::eventfd_write(end_fd_, 1);
  thread_.join();
  ::close(end_fd_);
  ::close(reload_fd_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupts::take_signals(int signals_fd) {
  for (;;) {
    pollfd fds[] = {{signals_fd, POLLIN, 0}, {end_fd_, POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0 && errno == EINTR) continue;
    signalfd_siginfo info{};
    if (::read(signals_fd, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGHUP && lives_on_) {
        ::eventfd_write(reload_fd_, 1);
        continue;
      }
      if (!stop_.request_stop()) ::_exit(128 + static_cast<int>(info.ssi_signo));
      // One that lives on has its own words for it.
      if (!lives_on_)
        say("interrupted: ending what runs so that it can be resumed; once more to stop at once\n");
      continue;
    }
    if (fds[1].revents != 0) break;
  }
  ::close(signals_fd);
}

}  // namespace zr
