#include "executor/rpc/inbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace zr {

Inbox::Inbox(std::size_t window_bytes, bool checked, GiveCredit give_credit)
    : window_bytes_(std::max(window_bytes, first_credit_bytes)),
      checked_(checked),
      give_credit_(std::move(give_credit)) {}

bool Inbox::expect(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (trailer_ || bytes > expected_) return false;
  expected_ -= bytes;
  return true;
}

std::optional<std::size_t> Inbox::fill(int from, std::size_t most, std::span<std::byte> scratch) {
  const std::lock_guard lock(mutex_);
  if (!checked_ && !dropped_ && pipe_.write.get() >= 0 && held_.empty()) {
    if (const auto n = fill_by_splice(from, most)) return n;
    // An empty pipe has room: nothing came.
    if (sink_ >= 0 && in_pipe_ == 0 && errno == EAGAIN) return std::nullopt;
  }
  return fill_by_copy(from, most, scratch);
}

std::optional<std::size_t> Inbox::fill_by_splice(int from, std::size_t most) {
  if (goes_straight()) {
    if (const auto n = splice(from, sink_, most)) {
      moved_to_sink(*n);
      if (wants_pourer()) changed_.notify_all();
      return n;
    }
  }
  const auto n = splice(from, pipe_.write.get(), most);
  if (n) in_pipe_ += *n;
  if (n && sink_ >= 0) changed_.notify_all();
  return n;
}

std::optional<std::size_t> Inbox::fill_by_copy(int from, std::size_t most,
                                               std::span<std::byte> scratch) {
  const ssize_t n = ::read(from, scratch.data(), std::min(most, scratch.size()));
  if (n == 0) return 0;
  if (n < 0)
    return errno == EAGAIN || errno == EINTR ? std::nullopt : std::optional<std::size_t>(0);
  const auto bytes = scratch.first(static_cast<std::size_t>(n));
  bytes_ += bytes.size();
  if (checked_) checksum_.add(bytes);
  if (!dropped_) keep(bytes);
  if (sink_ >= 0) move_on();
  if (sink_ < 0 || wants_pourer()) changed_.notify_all();
  return bytes.size();
}

// None when nothing is there, or no room: read(2) tells which.
std::optional<std::size_t> Inbox::splice(int from, int to, std::size_t most) {
  const ssize_t n = ::splice(from, nullptr, to, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n < 0) {
    if (errno == EPIPE) sink_gone_ = true;
    return {};
  }
  bytes_ += static_cast<std::uint64_t>(n);
  return static_cast<std::size_t>(n);
}

void Inbox::keep(std::span<const std::byte> bytes) {
  if (pipe_.write.get() >= 0 && held_.empty()) {
    const ssize_t n = ::write(pipe_.write.get(), bytes.data(), bytes.size());
    if (n > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      in_pipe_ += static_cast<std::size_t>(n);
    }
  }
  if (held_at_ > held_.size() / 2) {
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(held_at_));
    held_at_ = 0;
  }
  held_.insert(held_.end(), bytes.begin(), bytes.end());
}

// Whatever is held while a pipe is open did not fit into it, so the pipe is not empty then, and its
// reader comes back.
void Inbox::flush() {
  while (pipe_.write.get() >= 0 && held_at_ < held_.size()) {
    const ssize_t n = ::write(pipe_.write.get(), held_.data() + held_at_, held_.size() - held_at_);
    if (n <= 0) break;
    held_at_ += static_cast<std::size_t>(n);
    in_pipe_ += static_cast<std::size_t>(n);
  }
  if (held_at_ == held_.size()) {
    held_.clear();
    held_at_ = 0;
  }
  close_pipe_if_done();
}

void Inbox::close_pipe_if_done() {
  if (failed_ || (trailer_ && held_.empty())) pipe_.write.reset();
}

void Inbox::end(Trailer trailer) {
  const std::lock_guard lock(mutex_);
  if (trailer_ || failed_) return;
  trailer_ = std::move(trailer);
  close_pipe_if_done();
  changed_.notify_all();
}

void Inbox::fail(Error error) {
  const std::lock_guard lock(mutex_);
  if (trailer_ || failed_) return;
  failed_ = std::move(error);
  close_pipe_if_done();
  changed_.notify_all();
}

void Inbox::drop() {
  const std::lock_guard lock(mutex_);
  dropped_ = true;
  held_ = {};
  held_at_ = 0;
  pipe_ = {};
}

// The first that is read opens the window.
void Inbox::open(std::unique_lock<std::mutex>& lock) {
  if (std::exchange(open_, true) || trailer_ || window_bytes_ == first_credit_bytes) return;
  const std::size_t more = window_bytes_ - first_credit_bytes;
  expected_ += more;
  lock.unlock();
  give_credit_(static_cast<std::uint32_t>(more));
  lock.lock();
}

Result<std::size_t> Inbox::read(std::span<std::byte> to, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  open(lock);
  changed_.wait(lock, stop, [&] { return !held_.empty() || trailer_ || failed_; });
  if (held_.empty()) {
    if (failed_) return *failed_;
    if (trailer_) return std::size_t{0};
    return Error{Remedy::retry, "a stop was requested"};
  }
  const std::size_t n = std::min(to.size(), held_.size() - held_at_);
  std::copy_n(held_.begin() + static_cast<std::ptrdiff_t>(held_at_), n, to.begin());
  held_at_ += n;
  flush();
  lock.unlock();
  taken(n);
  return n;
}

int Inbox::pipe() {
  std::unique_lock lock(mutex_);
  if (pipe_.read.get() >= 0) return pipe_.read.get();
  if (!make_own_pipe()) return -1;
  open(lock);
  return pipe_.read.get();
}

Result<void> Inbox::make_own_pipe() {
  auto made = make_pipe();
  if (!made) return made.error();
  pipe_ = std::move(*made);
  enlarge_pipe(pipe_.write.get());
  set_nonblocking(pipe_.write.get());
  flush();
  return {};
}

void Inbox::taken(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  flush();
  taken_ += bytes;
  give_due_credit(lock);
}

bool Inbox::credit_is_due() const { return !trailer_ && taken_ >= window_bytes_ / 2; }

// Whether the lock was let go of.
bool Inbox::give_due_credit(std::unique_lock<std::mutex>& lock) {
  if (!credit_is_due()) return false;
  const std::size_t more = std::exchange(taken_, 0);
  expected_ += more;
  lock.unlock();
  give_credit_(static_cast<std::uint32_t>(more));
  lock.lock();
  return true;
}

Result<Trailer> Inbox::finish() {
  const std::lock_guard lock(mutex_);
  if (failed_) return *failed_;
  if (!trailer_) return Error{Remedy::reconnect, "the stream was not read to its end"};
  if (trailer_->failed) return *trailer_;
  if (trailer_->bytes != bytes_) {
    return Error{Remedy::reconnect,
                 fmt::format("{} bytes were sent, and {} arrived", trailer_->bytes, bytes_)};
  }
  if (checked_ && trailer_->checksum != checksum_.value()) {
    return Error{Remedy::reconnect,
                 "the bytes that arrived are not those that were sent: their "
                 "checksum is another one"};
  }
  return *trailer_;
}

}  // namespace zr
