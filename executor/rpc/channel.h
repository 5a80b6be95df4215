#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "executor/result.h"
#include "executor/rpc/checksum.h"
#include "executor/rpc/inbox.h"
#include "executor/rpc/wire.h"

namespace zr {

// What both ends of a connection have agreed on; it is there once the peer's hello was read.
struct Agreement {
  bool checksum = true;  // in the trailers of bodies
};

// One call: headers and bodies of both ways. What comes is put in by the connection's thread; the
// rest is for one thread, the caller's or that of whoever answers.
class Channel {
 public:
  enum class Side { caller, answerer };
  struct Options {
    std::size_t window_bytes = first_credit_bytes;
    bool checksum = true;
    std::function<void(std::uint32_t channel)> forget;  // takes it out of the connection
  };

  Channel(std::uint32_t id, Side, std::shared_ptr<FrameWriter>, Options);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  std::uint32_t id() const { return id_; }

  // Headers.
  Result<void> send_header(std::string_view json, bool body);
  Result<std::string> next_header(const std::stop_token&);
  Result<std::string> next_header(std::chrono::milliseconds at_most);
  bool has_header();

  // A body that goes out: pieces, then one end. All of them wait for credit, and fail once the peer
  // is no longer interested.
  Result<void> write(std::span<const std::byte>, const std::stop_token&);
  // At most so much of what is in a pipe now; 0 when nothing is.
  Result<std::size_t> splice(int pipe, std::size_t most, const std::stop_token&);
  Result<void> end();
  Result<void> end_failed(std::string_view why_json);

  Inbox& inbox() { return inbox_; }

  // Is requested when the peer is not interested any more, or is gone.
  std::stop_token stop() const { return stop_.get_token(); }

  // By the one thread that it is for, when it is done: what still comes is thrown away, and a
  // caller that has not had its answer says so.
  void close();
  bool is_answered() const { return answered_; }
  void answered() { answered_ = true; }  // all that was to come of the answer did

  // By the connection's thread.
  void expect_body();
  bool takes_body();
  void agreed(const Agreement&);
  bool take_header(std::string json, bool body);  // false: it can't be one now
  bool take_end(Trailer);
  bool take_credit(std::uint32_t bytes);
  void take_cancel();
  void fail(const Error&);

 private:
  Result<std::size_t> take_part_of_credit(std::size_t most, const std::stop_token&);
  Result<void> send_trailer(Trailer);
  std::optional<Result<std::string>> header_or_error();
  Error gone() const;

  const std::uint32_t id_;
  const Side side_;
  const std::shared_ptr<FrameWriter> writer_;
  const Options options_;
  Inbox inbox_;
  std::stop_source stop_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Agreement> agreement_;
  std::deque<std::string> headers_;
  bool body_expected_ = false;  // a header said that one comes
  bool body_came_ = false;
  std::uint64_t credit_ = first_credit_bytes;
  bool cancelled_ = false;
  std::optional<Error> failed_;

  // Of the thread that it is for.
  Checksum checksum_;
  std::uint64_t sent_bytes_ = 0;
  bool body_open_ = false;
  bool answered_ = false;
  bool closed_ = false;
  std::vector<std::byte> piece_;
};

// A channel that closes itself.
struct CloseChannel {
  std::shared_ptr<Channel> channel;
  explicit CloseChannel(std::shared_ptr<Channel> c) : channel(std::move(c)) {}
  CloseChannel(CloseChannel&&) = default;
  CloseChannel& operator=(CloseChannel&&) = delete;
  ~CloseChannel() {
    if (channel) channel->close();
  }
  Channel* operator->() const { return channel.get(); }
};

}  // namespace zr
