#include "executor/rpc/rpc_zfs.h"

#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "executor/rpc/call.h"
#include "executor/rpc/channel_streams.h"
#include "executor/rpc/listing.h"

namespace zr {
namespace {

// Waits for one answer, and makes an error of one that says so.
Result<void> answer(Channel& channel, const std::stop_token& stop) {
  const auto header = channel.next_header(stop);
  if (!header) return header.error();
  return reply_from_json(*header);
}

// How long the other end may take to keep what has arrived of a stream that is cut.
constexpr std::chrono::seconds cut_patience{10};

// The connection lives as long as the streams, whatever becomes of the Zfs.
class RpcSendStream final : public SendStream {
 public:
  RpcSendStream(std::shared_ptr<Connection> connection, CloseChannel channel, std::stop_token stop)
      : connection_(std::move(connection)),
        channel_(std::move(channel)),
        body_(*channel_.channel, std::move(stop)) {}

  int fd() const override { return body_.fd(); }
  Result<std::size_t> read(std::span<std::byte> to) override { return body_.read(to); }
  void taken(std::size_t bytes) override { body_.taken(bytes); }
  bool pours() const override { return body_.pours(); }
  Result<Poured> pour(int pipe, std::chrono::steady_clock::time_point until,
                      const std::stop_token& stop) override {
    return body_.pour(pipe, until, stop);
  }
  Result<void> finish() override {
    channel_->answered();
    return body_.finish();
  }

 private:
  std::shared_ptr<Connection> connection_;
  CloseChannel channel_;
  ChannelReader body_;
};

class RpcReceiveStream final : public ReceiveStream {
 public:
  RpcReceiveStream(std::shared_ptr<Connection> connection, CloseChannel channel,
                   std::stop_token stop)
      : connection_(std::move(connection)),
        channel_(std::move(channel)),
        stop_(stop),
        body_(*channel_.channel, std::move(stop)) {}

  RpcReceiveStream(const RpcReceiveStream&) = delete;
  RpcReceiveStream& operator=(const RpcReceiveStream&) = delete;
  // All that was sent so far is to arrive before it is cut, and what it has become is to be seen by
  // whoever looks next.
  ~RpcReceiveStream() override {
    if (channel_->is_answered()) return;
    if (!ended_ && !channel_->end_failed(reply_to_json(Error{Remedy::retry, "it was cut"}))) return;
    if (channel_->next_header(cut_patience)) channel_->answered();
  }

  bool takes_pipes() const override { return true; }
  Result<std::size_t> take(int pipe, std::size_t most) override {
    auto n = body_.take(pipe, most);
    return n ? n : Result<std::size_t>(why(n.error()));
  }
  Result<void> write(std::span<const std::byte> bytes) override {
    auto written = body_.write(bytes);
    return written ? written : Result<void>(why(written.error()));
  }
  Result<void> finish() override {
    if (auto ended = body_.finish(); !ended) return why(ended.error());
    ended_ = true;
    auto landed = answer(*channel_.channel, stop_);
    if (!stop_.stop_requested()) channel_->answered();
    return landed;
  }

 private:
  // What ended the stream at the other end, where that is known.
  Error why(const Error& here) {
    if (!channel_->has_header()) return here;
    channel_->answered();
    const auto said = answer(*channel_.channel, stop_);
    if (!said) return said.error();
    return {Remedy::replan, "the receiver ended before the stream did"};
  }

  std::shared_ptr<Connection> connection_;
  CloseChannel channel_;
  std::stop_token stop_;
  ChannelWriter body_;
  bool ended_ = false;
};

}  // namespace

RpcZfs::RpcZfs(std::shared_ptr<Connection> connection, std::stop_token stop)
    : connection_(std::move(connection)), stop_(std::move(stop)) {}

Result<Inventory> RpcZfs::list(const Roots& roots) {
  auto channel = connection_->call(call_to_json(roots), false);
  if (!channel) return channel.error();
  if (auto ok = answer(*channel->channel, stop_); !ok) return ok.error();
  auto listing = read_listing(*channel->channel, stop_);
  if (listing) (*channel)->answered();
  return listing;
}

Result<void> RpcZfs::apply(std::span<const Change> changes) {
  const std::vector<Change> all(changes.begin(), changes.end());
  auto channel = connection_->call(call_to_json(all), false);
  if (!channel) return channel.error();
  auto done = answer(*channel->channel, stop_);
  if (!stop_.stop_requested()) (*channel)->answered();
  return done;
}

Result<std::unique_ptr<SendStream>> RpcZfs::send(const SendRequest& request) {
  auto channel = connection_->call(call_to_json(request), false);
  if (!channel) return channel.error();
  if (auto ok = answer(*channel->channel, stop_); !ok) return ok.error();
  return {std::make_unique<RpcSendStream>(connection_, *std::move(channel), stop_)};
}

Result<std::unique_ptr<ReceiveStream>> RpcZfs::receive(const ReceiveRequest& request) {
  auto channel = connection_->call(call_to_json(request), true);
  if (!channel) return channel.error();
  if (auto ok = answer(*channel->channel, stop_); !ok) return ok.error();
  return {std::make_unique<RpcReceiveStream>(connection_, *std::move(channel), stop_)};
}

}  // namespace zr
