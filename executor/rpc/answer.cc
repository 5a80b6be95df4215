#include "executor/rpc/answer.h"

#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "executor/rpc/call.h"
#include "executor/rpc/channel_streams.h"
#include "executor/rpc/listing.h"
#include "executor/run/transfer.h"
#include "lang/overloaded.h"

namespace zr {
namespace {

Result<void> reply(Channel& channel, const Result<void>& result, bool body = false) {
  return channel.send_header(reply_to_json(result), body);
}

// One call, by a thread of its own. What can't be said to the caller, since it is gone, is not
// said; it is what the stop is for.
class Answer {
 public:
  Answer(Channel& channel, Zfs& zfs) : channel_(channel), zfs_(zfs), stop_(channel.stop()) {}

  void operator()(const Roots& roots) {
    const auto inventory = zfs_.list(roots);
    if (!inventory) return say(inventory.error());
    if (reply(channel_, {}, true)) (void)write_listing(channel_, *inventory, stop_);
  }

  void operator()(const std::vector<Change>& changes) { say(zfs_.apply(changes)); }

  void operator()(const SendRequest& request) {
    const auto stream = zfs_.send(request);
    if (!stream) return say(stream.error());
    if (!reply(channel_, {}, true)) return;
    ChannelWriter to(channel_, stop_);
    Result<void> sent;
    if (const auto moved = transfer(**stream, to, {}, {}, stop_); !moved) {
      sent = moved.error();
    } else {
      sent = finish_both(**stream, to);
    }
    if (!sent) (void)channel_.end_failed(reply_to_json(sent));
  }

  // What was cut is kept by the time that the caller hears of it.
  void operator()(const ReceiveRequest& request) {
    auto stream = zfs_.receive(request);
    if (!stream) return say(stream.error());
    if (!reply(channel_, {})) return;
    ChannelReader from(channel_, stop_);
    const auto moved = transfer(from, **stream, {}, {}, stop_);
    const auto landed = moved ? finish_both(from, **stream) : Result<void>(moved.error());
    stream->reset();
    say(landed);
  }

 private:
  void say(const Result<void>& result) { (void)reply(channel_, result); }

  Channel& channel_;
  Zfs& zfs_;
  std::stop_token stop_;
};

void answer(Channel& channel, const std::string& header, const OpenForCall& open) {
  auto call = call_from_json(header);
  if (const auto* error = std::get_if<JsonError>(&call)) {
    (void)reply(channel, Error{Remedy::give_up, "a call that is none: " + error->message});
    return;
  }
  auto zfs = open(channel.stop());
  if (!zfs) {
    (void)reply(channel, zfs.error());
    return;
  }
  std::visit(Answer(channel, **zfs), std::get<Call>(call));
}

// The threads that answer, of which those that are done are joined when the next begins.
class Answerers {
 public:
  explicit Answerers(const OpenForCall& open) : open_(open) {}
  Answerers(const Answerers&) = delete;
  Answerers& operator=(const Answerers&) = delete;
  ~Answerers() {
    for (One& one : all_) one.thread.join();
  }

  // By one thread.
  void add(std::shared_ptr<Channel> channel, std::string header) {
    all_.remove_if([](One& one) {
      if (!one.done->load()) return false;
      one.thread.join();
      return true;
    });
    auto done = std::make_shared<std::atomic<bool>>(false);
    all_.push_back({done, std::thread([this, done, channel = CloseChannel(std::move(channel)),
                                       header = std::move(header)]() mutable {
                      answer(*channel.channel, header, open_);
                      channel->close();
                      done->store(true);
                    })});
  }

 private:
  struct One {
    std::shared_ptr<std::atomic<bool>> done;
    std::thread thread;
  };
  const OpenForCall& open_;
  std::list<One> all_;
};

}  // namespace

Result<void> answer_calls(Descriptor in, Descriptor out, const ConnectionOptions& options,
                          const OpenForCall& open, const std::stop_token& stop) {
  std::optional<Answerers> answerers;
  answerers.emplace(open);
  Connection connection(std::move(in), std::move(out), options,
                        [&](std::shared_ptr<Channel> channel, std::string header) {
                          answerers->add(std::move(channel), std::move(header));
                        });
  const std::stop_callback ending(stop, [&] { connection.end("it was told to stop"); });
  auto ended = connection.wait();
  answerers.reset();
  return ended;
}

}  // namespace zr
