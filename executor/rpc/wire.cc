#include "executor/rpc/wire.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>
#include <system_error>

namespace zr {
namespace {

// A pipe that can be written to at all has room for so much, and does not take a part of it.
constexpr std::size_t idle_bytes = PIPE_BUF;

Error cannot_write(int error) {
  return {Remedy::reconnect, fmt::format("the connection was lost: {}", std::strerror(error))};
}

}  // namespace

Ended::Ended() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_.get() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Ended::say() {
  said_ = true;
  const std::uint64_t one = 1;
  // It can only fail when it was said 2^64 - 2 times already.
  [[maybe_unused]] const ssize_t n = ::write(event_.get(), &one, sizeof one);
}

// From when this thread's ticket is called until it is done.
class FrameWriter::Turn {
 public:
  explicit Turn(FrameWriter& writer) : writer_(writer) {
    std::unique_lock lock(writer_.mutex_);
    const std::uint64_t ticket = writer_.next_ticket_++;
    writer_.turn_.wait(lock, [&] { return writer_.serving_ == ticket; });
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    {
      const std::lock_guard lock(writer_.mutex_);
      ++writer_.serving_;
      writer_.last_sent_ = std::chrono::steady_clock::now();
    }
    writer_.turn_.notify_all();
  }

 private:
  const SigpipeGuard guard_;
  FrameWriter& writer_;
};

Result<void> FrameWriter::greet(std::string_view hello) {
  const Turn turn(*this);
  if (auto ok = write_all(preface); !ok) return ok;
  return write_frame({FrameType::hello, 0, 0, static_cast<std::uint32_t>(hello.size())}, hello);
}

Result<void> FrameWriter::send(FrameType type, std::uint8_t flags, std::uint32_t channel,
                               std::string_view payload) {
  const Turn turn(*this);
  return write_frame({type, flags, channel, static_cast<std::uint32_t>(payload.size())}, payload);
}

Result<void> FrameWriter::send_header(FrameType type, std::uint8_t flags, std::uint32_t channel,
                                      std::string_view header) {
  if (header.size() > max_message_bytes) {
    return Error{Remedy::give_up, "a message of more than 16 MiB can't be sent"};
  }
  const Turn turn(*this);
  do {
    const auto piece = header.substr(0, max_text_bytes);
    header.remove_prefix(piece.size());
    const auto more = static_cast<std::uint8_t>(header.empty() ? 0 : flag_more);
    auto ok = write_frame({type, static_cast<std::uint8_t>(flags | more), channel,
                           static_cast<std::uint32_t>(piece.size())},
                          piece);
    if (!ok) return ok;
  } while (!header.empty());
  return {};
}

Result<void> FrameWriter::splice(std::uint32_t channel, int pipe, std::size_t bytes) {
  const Turn turn(*this);
  const FrameHeader header{FrameType::data, 0, channel, static_cast<std::uint32_t>(bytes)};
  if (auto ok = write_frame(header, {}); !ok) return ok;
  return splice_all(pipe, bytes);
}

void FrameWriter::send_if_idle(FrameType type, std::string_view payload) {
  {
    const std::lock_guard lock(mutex_);
    if (next_ticket_ != serving_) {
      last_sent_ = std::chrono::steady_clock::now();
      return;
    }
    ++next_ticket_;
  }
  const SigpipeGuard guard;
  pollfd room{fd_, POLLOUT, 0};
  if (::poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) != 0) {
    payload = payload.substr(0, idle_bytes - frame_header_bytes);
    const auto header = encode(FrameHeader{type, 0, 0, static_cast<std::uint32_t>(payload.size())});
    std::string frame(reinterpret_cast<const char*>(header.data()), header.size());
    frame += payload;
    [[maybe_unused]] const ssize_t n = ::write(fd_, frame.data(), frame.size());
  }
  {
    const std::lock_guard lock(mutex_);
    ++serving_;
    last_sent_ = std::chrono::steady_clock::now();
  }
  turn_.notify_all();
}

std::chrono::steady_clock::time_point FrameWriter::last_sent() const {
  const std::lock_guard lock(mutex_);
  return last_sent_;
}

Result<void> FrameWriter::write_frame(const FrameHeader& header, std::string_view payload) {
  const auto bytes = encode(header);
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (payload.empty() || payload.size() > 4096) {
    if (auto ok = write_all(head); !ok) return ok;
    return write_all(payload);
  }
  return write_all(std::string(head).append(payload));
}

Result<void> FrameWriter::write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd_, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (auto ok = wait_for_room(); !ok) return ok;
    } else if (errno != EINTR) {
      return cannot_write(errno);
    }
  }
  return {};
}

Result<void> FrameWriter::splice_all(int pipe, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t n =
        ::splice(pipe, nullptr, fd_, nullptr, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n > 0) {
      bytes -= static_cast<std::size_t>(n);
    } else if (n == 0) {
      return Error{Remedy::give_up, "a stream's pipe has less than it said"};
    } else if (errno == EAGAIN) {
      if (auto ok = wait_for_room(); !ok) return ok;
    } else if (errno != EINTR) {
      return cannot_write(errno);
    }
  }
  return {};
}

Result<void> FrameWriter::wait_for_room() const {
  pollfd fds[] = {{fd_, POLLOUT, 0}, {ended_.fd(), POLLIN, 0}};
  const int ready = ::poll(fds, 2, poll_timeout(std::chrono::steady_clock::now() + patience_));
  if (ready == 0) {
    // A part of a frame may have gone out, so nothing can come after it.
    ended_.say();
    return Error{Remedy::reconnect, "the other end has stopped reading"};
  }
  if (ready > 0 && fds[1].revents != 0) {
    return Error{Remedy::reconnect, "the connection has ended"};
  }
  return {};
}

}  // namespace zr
