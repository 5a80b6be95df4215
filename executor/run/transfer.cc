#include "executor/run/transfer.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include "executor/machine/descriptor.h"
#include "fmt/format.h"

namespace zr {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t splice_bytes = std::size_t{1} << 20;
constexpr std::size_t buffer_bytes = std::size_t{256} * 1024;
constexpr std::chrono::milliseconds report_every{200};

Error stopped() { return {Remedy::retry, "the stream was cut: a stop was requested"}; }

class Transfer {
 public:
  Transfer(SendStream& from, ReceiveStream& to, const OnMoved& moved, Pace pace,
           std::stop_token stop)
      : from_(from),
        to_(to),
        moved_(moved),
        pace_(std::move(pace)),
        stop_(std::move(stop)),
        wake_(stop_) {}

  Result<std::uint64_t> run() {
    auto done = move_all();
    if (!done) return done.error();
    if (moved_) moved_(bytes_);
    return bytes_;
  }

 private:
  Result<void> move_all() {
    // A stream that pours can't be slowed down.
    if (to_.fd() >= 0 && from_.pours() && !pace_.is_limited()) return pour_all();
    if (to_.fd() >= 0 && from_.fd() >= 0) return splice_all();
    if (to_.takes_pipes() && from_.fd() >= 0) return hand_over_all();
    return copy_all();
  }

  Result<void> pour_all() {
    const SigpipeGuard guard;
    while (!stop_.stop_requested()) {
      const auto poured = from_.pour(to_.fd(), Clock::now() + report_every, stop_);
      if (!poured) return poured.error();
      count(poured->bytes);
      if (poured->then == SendStream::Poured::Then::reader_gone) return receiver_ended();
      if (poured->then == SendStream::Poured::Then::ended) return {};
    }
    return stopped();
  }

  Result<void> splice_all() {
    const SigpipeGuard guard;
    while (!stop_.stop_requested()) {
      const std::size_t most = allowance(splice_bytes);
      if (most == 0) {
        if (!wait_for_tokens(to_.fd())) return receiver_ended();
        continue;
      }
      const ssize_t n =
          ::splice(from_.fd(), nullptr, to_.fd(), nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (n == 0) return {};
      if (n > 0) {
        from_.taken(static_cast<std::size_t>(n));
        count(static_cast<std::size_t>(n));
      } else if (errno == EPIPE) {
        return receiver_ended();
      } else if (errno == EAGAIN) {
        if (!wait_for_both()) return receiver_ended();
      } else if (errno != EINTR) {
        return Error{Remedy::retry, fmt::format("can't move a stream: {}", std::strerror(errno))};
      }
    }
    return stopped();
  }

  Result<void> hand_over_all() {
    const SigpipeGuard guard;  // so that there is none to be made for every piece
    while (!stop_.stop_requested()) {
      const std::size_t most = allowance(splice_bytes);
      if (most == 0) {
        wait_for_tokens(-1);
        continue;
      }
      const auto n = to_.take(from_.fd(), most);
      if (!n) return n.error();
      if (*n > 0) {
        from_.taken(*n);
        count(*n);
      } else if (!wait_for_more()) {
        return {};
      }
    }
    return stopped();
  }

  Result<void> copy_all() {
    std::vector<std::byte> buffer(buffer_bytes);
    const bool was_a_pipe = to_.fd() >= 0;
    while (!stop_.stop_requested()) {
      const std::size_t most = allowance(buffer.size());
      if (most == 0) {
        wait_for_tokens(-1);
        continue;
      }
      const auto n = from_.read(std::span(buffer).first(most));
      if (!n) return n.error();
      if (*n == 0) return {};
      if (auto ok = to_.write(std::span<const std::byte>(buffer).first(*n)); !ok) return ok;
      count(*n);
      if (!was_a_pipe && to_.fd() >= 0) return move_all();
    }
    return stopped();
  }

  // How much may go now, 0 to wait for more.
  std::size_t allowance(std::size_t most) {
    if (!pace_.is_limited()) return most;
    return static_cast<std::size_t>(std::min<std::uint64_t>(most, pace_.available(Clock::now())));
  }

  void count(std::size_t n) {
    bytes_ += n;
    if (pace_.is_limited()) pace_.take(n);
    const Clock::time_point now = Clock::now();
    if (moved_ && now - reported_at_ >= report_every) {
      reported_at_ = now;
      moved_(bytes_);
    }
  }

  // False when the receiver has ended.
  bool wait_for_tokens(int to) const {
    pollfd fds[] = {{to, 0, 0}, {wake_.fd(), POLLIN, 0}};
    ::poll(fds, 2, poll_timeout(pace_.next()));
    return (fds[0].revents & POLLERR) == 0;
  }

  // False at the sender's end.
  bool wait_for_more() const {
    pollfd fds[] = {{from_.fd(), POLLIN, 0}, {wake_.fd(), POLLIN, 0}};
    ::poll(fds, 2, -1);
    return (fds[0].revents & POLLIN) != 0 || (fds[0].revents & (POLLHUP | POLLERR)) == 0;
  }

  // First something to move, then room for it: one poll(2) for both would come back at once as long
  // as only one of them is there. Whoever reads being gone shows as POLLERR at any time.
  bool wait_for_both() const {
    pollfd fds[] = {{to_.fd(), 0, 0}, {wake_.fd(), POLLIN, 0}, {from_.fd(), POLLIN, 0}};
    ::poll(fds, 3, -1);
    if ((fds[0].revents & POLLERR) != 0) return false;
    if (fds[2].revents == 0) return true;
    fds[0].events = POLLOUT;
    ::poll(fds, 2, -1);
    return (fds[0].revents & POLLERR) == 0;
  }

  // If it failed, it has the reason. If not, it may have seen the end of the stream before we did:
  // it is only too early if there is more.
  Result<void> receiver_ended() {
    if (auto landed = to_.finish(); !landed) return landed;
    std::byte more{};
    const auto n = from_.read(std::span(&more, 1));
    if (!n) return n.error();
    if (*n == 0) return {};
    return Error{Remedy::replan, "the receiver ended before the stream did"};
  }

  SendStream& from_;
  ReceiveStream& to_;
  const OnMoved& moved_;
  Pace pace_;
  std::stop_token stop_;
  StopWake wake_;
  std::uint64_t bytes_ = 0;
  Clock::time_point reported_at_ = Clock::now();
};

}  // namespace

Result<std::uint64_t> transfer(SendStream& from, ReceiveStream& to, const OnMoved& moved, Pace pace,
                               std::stop_token stop) {
  return Transfer(from, to, moved, std::move(pace), std::move(stop)).run();
}

Result<void> finish_both(SendStream& from, ReceiveStream& to) {
  if (auto sent = from.finish(); !sent) return sent;
  return to.finish();
}

}  // namespace zr
