#include "executor/rpc/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <variant>

#include "executor/rpc/hello.h"
#include "planner/render_text.h"

namespace zr {
namespace {

using Clock = std::chrono::steady_clock;

// Of the peer's calls. One whose answer was sent, or that was cancelled, is over for the peer
// before it is over here, so there may be more of them than it knows; with so many the next one
// waits until one is over here too.
constexpr std::size_t max_answers = 2 * max_channels;

constexpr std::size_t scratch_bytes = std::size_t{256} << 10;

// Whoever breaks the protocol will do so again.
Error broken(std::string_view how) {
  return {Remedy::give_up, fmt::format("the other end does not speak the protocol: {}", how)};
}

Error ended_here() { return {Remedy::reconnect, "the connection was ended"}; }

Error closed() { return {Remedy::reconnect, "the other end has closed the connection"}; }

std::span<std::byte> bytes_of(std::string& text) {
  return {reinterpret_cast<std::byte*>(text.data()), text.size()};
}

}  // namespace

Connection::Connection(Descriptor in, Descriptor out, ConnectionOptions options, OnCall on_call)
    : options_(options),
      on_call_(std::move(on_call)),
      in_(std::move(in)),
      shared_(std::make_shared<Shared>(std::move(out), options_.dead_after)),
      scratch_(scratch_bytes),
      heard_at_(Clock::now()) {
  set_nonblocking(in_.get());
  set_nonblocking(shared_->out.get());
  // Before anybody can call; there is room for it in anything that is just opened. Where nobody
  // reads it any more, what can still be read says why.
  (void)shared_->writer.greet(to_json(Hello{ZREPL_VERSION, 0, options_.checksum}));
  reader_ = std::thread([this] { read_loop(); });
}

Connection::~Connection() {
  end({});
  (void)wait();
}

Result<CloseChannel> Connection::call(std::string_view header, bool body) {
  // Before it has a number: the peer would not know what is cancelled.
  if (header.size() > max_message_bytes) {
    return Error{Remedy::give_up, "a call of more than 16 MiB can't be sent"};
  }
  const std::lock_guard in_order(call_mutex_);
  std::shared_ptr<Channel> channel;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->failed) return *shared_->failed;
    if (shared_->channels.size() == max_channels) {
      return Error{Remedy::retry, fmt::format("{} calls are under way", max_channels)};
    }
    channel = open(++shared_->last_id, Channel::Side::caller);
  }
  CloseChannel owned(std::move(channel));
  if (auto ok = owned->send_header(header, body); !ok) return ok.error();
  return owned;
}

Result<void> Connection::greeted(std::chrono::milliseconds at_most, const std::stop_token& stop) {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait_for(lock, stop, at_most,
                            [&] { return shared_->agreement || shared_->failed; });
  if (shared_->failed) return *shared_->failed;
  if (shared_->agreement) return {};
  return Error{Remedy::reconnect, "the other end does not say that it is a `zrepl serve`"};
}

// The lock is held.
std::shared_ptr<Channel> Connection::open(std::uint32_t id, Channel::Side side) {
  const auto forget = [shared = std::weak_ptr(shared_)](std::uint32_t gone) {
    const auto there = shared.lock();
    if (!there) return;
    const std::lock_guard lock(there->mutex);
    there->channels.erase(gone);
    there->changed.notify_all();
  };
  auto channel =
      std::make_shared<Channel>(id, side, std::shared_ptr<FrameWriter>(shared_, &shared_->writer),
                                Channel::Options{options_.window_bytes, options_.checksum, forget});
  if (shared_->agreement) channel->agreed(*shared_->agreement);
  shared_->channels.emplace(id, channel);
  return channel;
}

std::shared_ptr<Channel> Connection::find(std::uint32_t id) const {
  const std::lock_guard lock(shared_->mutex);
  const auto it = shared_->channels.find(id);
  return it == shared_->channels.end() ? nullptr : it->second;
}

void Connection::end(std::string_view why) {
  // Without waiting for its turn: the peer may have stopped to read.
  if (!why.empty()) shared_->writer.send_if_idle(FrameType::goodbye, why);
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
  }
  shared_->changed.notify_all();
  shared_->ended.say();
}

Result<void> Connection::wait() {
  {
    const std::lock_guard joining(join_mutex_);
    if (reader_.joinable()) reader_.join();
  }
  const std::lock_guard lock(shared_->mutex);
  if (shared_->closed_cleanly || !shared_->failed) return {};
  return *shared_->failed;
}

bool Connection::ended() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->failed.has_value();
}

void Connection::read_loop() {
  const SigpipeGuard guard;  // bodies are moved into pipes whose readers may go away
  auto error = read_hello();
  while (!error) error = read_frame();
  finish(std::move(*error));
}

void Connection::finish(Error error) {
  if (error.remedy == Remedy::give_up)
    shared_->writer.send_if_idle(FrameType::goodbye, error.message);
  std::map<std::uint32_t, std::shared_ptr<Channel>> channels;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->failed = error;
    shared_->changed.notify_all();
    channels.swap(shared_->channels);
  }
  shared_->ended.say();
  for (const auto& [id, channel] : channels) channel->fail(error);
}

std::optional<Error> Connection::read_hello() {
  std::string said(preface.size(), '\0');
  auto ended = read_exactly(bytes_of(said), true);
  if (ended) said.erase(said.find_last_not_of('\0') + 1);
  if (ended && preface.starts_with(said)) return ended;
  if (said != preface) {
    std::array<char, 256> more;
    const ssize_t n = ::read(in_.get(), more.data(), more.size());
    if (n > 0) said.append(more.data(), static_cast<std::size_t>(n));
    return Error{Remedy::give_up,
                 fmt::format("the other end is no `zrepl serve`: it said {}", shown(said))};
  }
  FrameHeaderBytes bytes{};
  if (auto error = read_exactly(bytes, false)) return error;
  const auto header = decode(std::span<const std::byte, frame_header_bytes>(bytes));
  if (!header || header->type != FrameType::hello) return broken("its first frame is no hello");
  std::string payload;
  if (auto error = read_payload(*header, payload)) return error;
  const auto parsed = hello_from_json(payload);
  if (const auto* wrong = std::get_if<JsonError>(&parsed)) return broken(wrong->message);
  const Agreement agreement{options_.checksum || std::get<Hello>(parsed).checksum};
  const std::lock_guard lock(shared_->mutex);
  shared_->agreement = agreement;
  shared_->changed.notify_all();
  for (const auto& [id, channel] : shared_->channels) channel->agreed(agreement);
  return {};
}

std::optional<Error> Connection::read_frame() {
  // Of a peer that never pauses, nothing else would be looked at.
  if (shared_->ended.is_said()) return ended_here();
  FrameHeaderBytes bytes{};
  if (auto error = read_exactly(bytes, true)) return error;
  const auto header = decode(std::span<const std::byte, frame_header_bytes>(bytes));
  if (!header) return broken("a frame that is none");
  if (partial_of_ && (header->type != partial_of_->type || header->channel != partial_of_->channel))
    return broken("a frame amid a header");
  if (header->type == FrameType::data) return take_data(*header);
  return take(*header);
}

std::optional<Error> Connection::take(const FrameHeader& header) {
  std::string payload;
  if (auto error = read_payload(header, payload)) return error;
  switch (header.type) {
    case FrameType::call:
    case FrameType::reply:
      return take_header(header, std::move(payload));
    case FrameType::end:
    case FrameType::credit:
    case FrameType::cancel:
      return take_rest(header, payload);
    case FrameType::ping:
      return {};
    case FrameType::goodbye: {
      const std::lock_guard lock(shared_->mutex);
      shared_->closed_cleanly = payload.empty();
      if (payload.empty()) return closed();
      return Error{Remedy::give_up, fmt::format("the other end said: {}", shown(payload))};
    }
    case FrameType::hello:
    case FrameType::data:
      break;
  }
  return broken("a second hello");
}

std::optional<Error> Connection::take_header(const FrameHeader& header, std::string payload) {
  if (partial_.size() + payload.size() > max_message_bytes) return broken("a header without end");
  partial_of_.reset();
  partial_ += payload;
  if ((header.flags & flag_more) != 0) {
    partial_of_ = header;
    return {};
  }
  std::string whole = std::exchange(partial_, {});
  if (header.type == FrameType::call) return take_call(header, std::move(whole));
  const auto channel = find(header.channel);
  if (!channel && header.channel > shared_->last_id) return broken("a reply to nothing");
  if (channel && !channel->take_header(std::move(whole), (header.flags & flag_body) != 0)) {
    return broken("a reply too many");
  }
  return {};
}

std::optional<Error> Connection::take_call(const FrameHeader& header, std::string whole) {
  if (!on_call_) return broken("it calls");
  std::shared_ptr<Channel> channel;
  {
    std::unique_lock lock(shared_->mutex);
    if (header.channel <= shared_->last_id) return broken("a channel used twice");
    shared_->changed.wait_for(lock, options_.dead_after / 2, [&] {
      return shared_->channels.size() < max_answers || shared_->ending;
    });
    if (shared_->channels.size() >= max_answers) return broken("too many calls at once");
    shared_->last_id = header.channel;
    channel = open(header.channel, Channel::Side::answerer);
  }
  if ((header.flags & flag_body) != 0) channel->expect_body();
  on_call_(std::move(channel), std::move(whole));
  return {};
}

std::optional<Error> Connection::take_rest(const FrameHeader& header, std::string_view payload) {
  const auto channel = find(header.channel);
  if (!channel) {
    // One that is done with here; the peer did not know that yet.
    const std::lock_guard lock(shared_->mutex);
    return header.channel <= shared_->last_id ? std::nullopt
                                              : std::optional(broken("an unknown channel"));
  }
  if (header.type == FrameType::cancel) {
    channel->take_cancel();
    return {};
  }
  if (header.type == FrameType::credit) {
    const auto bytes = decode_credit(payload);
    if (!bytes || !channel->take_credit(*bytes)) return broken("credit that is none");
    return {};
  }
  auto trailer = decode_trailer(header.flags, payload);
  if (!trailer || !channel->take_end(std::move(*trailer))) return broken("an end of nothing");
  return {};
}

std::optional<Error> Connection::take_data(const FrameHeader& header) {
  const auto channel = find(header.channel);
  if (!channel) {
    const std::lock_guard lock(shared_->mutex);
    if (header.channel > shared_->last_id) return broken("an unknown channel");
  } else if (!channel->takes_body() || !channel->inbox().expect(header.length)) {
    return broken("more of a body than it had credit for");
  }
  std::size_t left = header.length;
  while (left > 0) {
    std::optional<std::size_t> n;
    if (channel) {
      n = channel->inbox().fill(in_.get(), left, scratch_);
    } else {
      const ssize_t got = ::read(in_.get(), scratch_.data(), std::min(left, scratch_.size()));
      if (got >= 0) n = static_cast<std::size_t>(got);
      if (got < 0 && errno != EAGAIN && errno != EINTR) n = 0;
    }
    if (n == 0) return closed();
    if (n) {
      left -= *n;
      heard_at_ = Clock::now();
    } else if (auto error = wait_to_read(Clock::time_point::max())) {
      return error;
    }
  }
  return {};
}

std::optional<Error> Connection::read_payload(const FrameHeader& header, std::string& payload) {
  payload.resize(header.length);
  return read_exactly(bytes_of(payload), false);
}

// Whether the connection may end before the first of them.
std::optional<Error> Connection::read_exactly(std::span<std::byte> to, bool may_end) {
  std::size_t filled = 0;
  Clock::time_point until = may_end ? Clock::time_point::max() : Clock::now() + options_.dead_after;
  while (filled < to.size()) {
    const ssize_t n = ::read(in_.get(), to.data() + filled, to.size() - filled);
    if (n > 0) {
      if (filled == 0 && may_end) until = Clock::now() + options_.dead_after;
      filled += static_cast<std::size_t>(n);
      heard_at_ = Clock::now();
    } else if (n == 0) {
      const std::lock_guard lock(shared_->mutex);
      shared_->closed_cleanly = filled == 0 && may_end;
      return closed();
    } else if (errno != EAGAIN && errno != EINTR) {
      return Error{Remedy::reconnect,
                   fmt::format("the connection was lost: {}", std::strerror(errno))};
    } else if (auto error = wait_to_read(until)) {
      return error;
    }
  }
  return {};
}

std::optional<Error> Connection::wait_to_read(Clock::time_point until) {
  const auto dead_at = std::min(until, heard_at_ + options_.dead_after);
  const auto ping_at = shared_->writer.last_sent() + options_.ping_after;
  pollfd fds[] = {{in_.get(), POLLIN, 0}, {shared_->ended.fd(), POLLIN, 0}};
  ::poll(fds, 2, poll_timeout(std::min(dead_at, ping_at)));
  if (fds[1].revents != 0) return ended_here();
  if (fds[0].revents != 0) return {};
  const auto now = Clock::now();
  if (now >= dead_at) {
    return Error{Remedy::reconnect,
                 fmt::format("the other end has not been heard of for {} s",
                             std::chrono::ceil<std::chrono::seconds>(options_.dead_after).count())};
  }
  if (now >= ping_at) shared_->writer.send_if_idle(FrameType::ping, {});
  return {};
}

}  // namespace zr
