#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "executor/rpc/inbox.h"

namespace zr {

// Pouring: what comes goes straight to the sink as long as that takes it, and through our own pipe
// from when it did not until all of that has moved on.

Result<SendStream::Poured> Inbox::pour(int pipe, Clock::time_point until,
                                       const std::stop_token& stop) {
  const SigpipeGuard guard;
  std::unique_lock lock(mutex_);
  if (pipe_.read.get() < 0) {
    if (auto made = make_own_pipe(); !made) return made.error();
    open(lock);
  }
  sink_ = pipe;
  // Nothing may have come for long.
  pollfd sink{pipe, 0, 0};
  if (::poll(&sink, 1, 0) == 1 && (sink.revents & POLLERR) != 0) sink_gone_ = true;
  const auto poured = pour_until(lock, until, stop);
  sink_ = -1;
  return poured;
}

SendStream::Poured Inbox::pour_until(std::unique_lock<std::mutex>& lock, Clock::time_point until,
                                     const std::stop_token& stop) {
  using Then = SendStream::Poured::Then;
  const StopWake wake(stop);
  for (;;) {
    move_on();
    if (give_due_credit(lock)) continue;
    if (sink_gone_) {
      hold_what_is_left();
      return {std::exchange(poured_, 0), Then::reader_gone};
    }
    if (!is_behind() && (trailer_ || failed_)) return {std::exchange(poured_, 0), Then::ended};
    if (stop.stop_requested() || Clock::now() >= until) {
      return {std::exchange(poured_, 0), Then::more};
    }
    if (is_behind()) {
      wait_for_room(lock, until, wake.fd());
    } else {
      changed_.wait_until(lock, stop, until, [&] { return wants_pourer() || trailer_ || failed_; });
    }
  }
}

bool Inbox::goes_straight() const { return sink_ >= 0 && !sink_gone_ && !is_behind(); }

// What is held after the pipe was closed is lost with the connection.
bool Inbox::is_behind() const { return in_pipe_ > 0 || (!held_.empty() && pipe_.write.get() >= 0); }

bool Inbox::wants_pourer() const { return is_behind() || sink_gone_ || credit_is_due(); }

void Inbox::moved_to_sink(std::size_t bytes) {
  poured_ += bytes;
  taken_ += bytes;
}

void Inbox::move_on() {
  while (!sink_gone_ && in_pipe_ > 0) {
    const ssize_t n = ::splice(pipe_.read.get(), nullptr, sink_, nullptr, in_pipe_,
                               SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n > 0) {
      in_pipe_ -= static_cast<std::size_t>(n);
      moved_to_sink(static_cast<std::size_t>(n));
      flush();
    } else if (n == 0 || errno != EINTR) {
      sink_gone_ = n < 0 && errno != EAGAIN;
      return;
    }
  }
}

void Inbox::wait_for_room(std::unique_lock<std::mutex>& lock, Clock::time_point until, int stop) {
  pollfd fds[] = {{sink_, POLLOUT, 0}, {stop, POLLIN, 0}};
  lock.unlock();
  ::poll(fds, 2, poll_timeout(until));
  lock.lock();
  if ((fds[0].revents & POLLERR) != 0) sink_gone_ = true;
}

// For read(), which tells whether there was more.
void Inbox::hold_what_is_left() {
  std::vector<std::byte> left(in_pipe_);
  std::size_t filled = 0;
  while (filled < left.size()) {
    const ssize_t n = ::read(pipe_.read.get(), left.data() + filled, left.size() - filled);
    if (n <= 0) break;
    filled += static_cast<std::size_t>(n);
  }
  left.resize(filled);
  left.insert(left.end(), held_.begin() + static_cast<std::ptrdiff_t>(held_at_), held_.end());
  held_ = std::move(left);
  held_at_ = 0;
  in_pipe_ = 0;
  pipe_ = {};
}

}  // namespace zr
