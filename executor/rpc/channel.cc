#include "executor/rpc/channel.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace zr {
namespace {

// Small enough that a call between two of them does not wait long, large enough that their headers
// cost nothing.
constexpr std::size_t piece_bytes = std::size_t{256} << 10;
// Where nothing is summed up both ends are in one machine, and as much as a pipe holds is gone at
// once.
constexpr std::size_t unsummed_piece_bytes = max_data_bytes;
// A call has at most two headers on their way: that it has begun, and how it ended.
constexpr std::size_t max_headers = 2;
// More credit than this was never given.
constexpr std::uint64_t max_credit = std::uint64_t{1} << 32;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Channel::Channel(std::uint32_t id, Side side, std::shared_ptr<FrameWriter> writer, Options options)
    : id_(id),
      side_(side),
      writer_(std::move(writer)),
      options_(std::move(options)),
      inbox_(options_.window_bytes, options_.checksum, [this](std::uint32_t bytes) {
        // A connection that is lost is seen by whoever reads next.
        (void)writer_->send(FrameType::credit, 0, id_, encode_credit(bytes));
      }) {}

Result<void> Channel::send_header(std::string_view json, bool body) {
  const auto type = side_ == Side::caller ? FrameType::call : FrameType::reply;
  body_open_ = body_open_ || body;
  return writer_->send_header(type, body ? flag_body : std::uint8_t{0}, id_, json);
}

Result<std::string> Channel::next_header(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return !headers_.empty() || failed_ || cancelled_; });
  return header_or_error().value_or(Error{Remedy::retry, "a stop was requested"});
}

Result<std::string> Channel::next_header(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, at_most, [&] { return !headers_.empty() || failed_ || cancelled_; });
  return header_or_error().value_or(Error{Remedy::retry, "the other end took too long"});
}

// None when there is neither. The lock is held.
std::optional<Result<std::string>> Channel::header_or_error() {
  if (!headers_.empty()) {
    std::string header = std::move(headers_.front());
    headers_.pop_front();
    return header;
  }
  if (failed_ || cancelled_) return gone();
  return {};
}

bool Channel::has_header() {
  const std::lock_guard lock(mutex_);
  return !headers_.empty();
}

Error Channel::gone() const {
  if (failed_) return *failed_;
  return {Remedy::retry, "the other end is no longer interested"};
}

Result<std::size_t> Channel::take_part_of_credit(std::size_t most, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] {
    return (credit_ > 0 && agreement_) || failed_ || cancelled_ || !headers_.empty();
  });
  if (failed_ || cancelled_) return gone();
  // An answer before all of the question was read is an answer that does without it.
  if (side_ == Side::caller && !headers_.empty()) {
    return Error{Remedy::retry, "the other end has ended"};
  }
  if (credit_ == 0 || !agreement_) return Error{Remedy::retry, "a stop was requested"};
  const std::size_t piece = agreement_->checksum ? piece_bytes : unsummed_piece_bytes;
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>({credit_, most, piece}));
  credit_ -= n;
  return n;
}

Result<void> Channel::write(std::span<const std::byte> bytes, const std::stop_token& stop) {
  while (!bytes.empty()) {
    const auto n = take_part_of_credit(bytes.size(), stop);
    if (!n) return n.error();
    const auto piece = bytes.first(*n);
    if (agreement_->checksum) checksum_.add(piece);
    if (auto ok = writer_->send(FrameType::data, 0, id_, text_of(piece)); !ok) return ok;
    sent_bytes_ += *n;
    bytes = bytes.subspan(*n);
  }
  return {};
}

Result<std::size_t> Channel::splice(int pipe, std::size_t most, const std::stop_token& stop) {
  int there = 0;
  if (::ioctl(pipe, FIONREAD, &there) != 0 || there <= 0) return std::size_t{0};
  const auto n = take_part_of_credit(std::min(most, static_cast<std::size_t>(there)), stop);
  if (!n) return n.error();
  if (!agreement_->checksum) {
    if (auto ok = writer_->splice(id_, pipe, *n); !ok) return ok.error();
    sent_bytes_ += *n;
    return *n;
  }
  piece_.resize(piece_bytes);
  std::size_t filled = 0;
  while (filled < *n) {
    const ssize_t got = ::read(pipe, piece_.data() + filled, *n - filled);
    if (got <= 0 && errno != EINTR) return Error{Remedy::give_up, "can't read a stream's pipe"};
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  const auto piece = std::span<const std::byte>(piece_).first(*n);
  checksum_.add(piece);
  if (auto ok = writer_->send(FrameType::data, 0, id_, text_of(piece)); !ok) return ok.error();
  sent_bytes_ += *n;
  return *n;
}

Result<void> Channel::end() { return send_trailer({sent_bytes_, {}, false, {}}); }

Result<void> Channel::end_failed(std::string_view why_json) {
  return send_trailer({sent_bytes_, {}, true, std::string(why_json)});
}

Result<void> Channel::send_trailer(Trailer trailer) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return agreement_ || failed_ || cancelled_; });
    if (!agreement_) return gone();
    if (agreement_->checksum) trailer.checksum = checksum_.value();
  }
  body_open_ = false;
  return writer_->send(FrameType::end, flags_of(trailer), id_, encode(trailer));
}

void Channel::close() {
  if (std::exchange(closed_, true)) return;
  options_.forget(id_);
  inbox_.drop();
  {
    const std::lock_guard lock(mutex_);
    if (failed_ || cancelled_) return;
  }
  if (side_ == Side::caller && !answered_) (void)writer_->send(FrameType::cancel, 0, id_, {});
  if (side_ == Side::answerer && body_open_) (void)end_failed({});
}

void Channel::expect_body() {
  const std::lock_guard lock(mutex_);
  body_expected_ = true;
}

bool Channel::takes_body() {
  const std::lock_guard lock(mutex_);
  return body_expected_;
}

void Channel::agreed(const Agreement& agreement) {
  {
    const std::lock_guard lock(mutex_);
    agreement_ = agreement;
  }
  changed_.notify_all();
}

bool Channel::take_header(std::string json, bool body) {
  {
    const std::lock_guard lock(mutex_);
    if (side_ == Side::answerer || headers_.size() == max_headers || (body && body_expected_))
      return false;
    body_expected_ = body_expected_ || body;
    headers_.push_back(std::move(json));
  }
  changed_.notify_all();
  return true;
}

bool Channel::take_end(Trailer trailer) {
  {
    const std::lock_guard lock(mutex_);
    if (!body_expected_ || std::exchange(body_came_, true)) return false;
  }
  inbox_.end(std::move(trailer));
  return true;
}

bool Channel::take_credit(std::uint32_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    credit_ += bytes;
    if (credit_ > max_credit) return false;
  }
  changed_.notify_all();
  return true;
}

void Channel::take_cancel() {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  inbox_.fail({Remedy::retry, "the other end is no longer interested"});
  stop_.request_stop();
  changed_.notify_all();
}

void Channel::fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failed_) failed_ = error;
  }
  inbox_.fail(error);
  stop_.request_stop();
  changed_.notify_all();
}

}  // namespace zr
