// Two ends of the protocol that mean well: calls, bodies of any length both ways, several at once,
// flow control, cancellation, heartbeats.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "executor/rpc/connection.h"
#include "tests/executor/rpc_bodies.h"
#include "tests/executor/rpc_peer.h"

namespace zr {
namespace {

using namespace std::chrono_literals;

struct Way {
  const char* name;
  RpcEnds (*ends)();
  bool checksum;
  bool by_pipe;
};
const std::vector<Way> ways = {
    {"a socket, checked, through memory", over_sockets, true, false},
    {"a socket, checked, through pipes", over_sockets, true, true},
    {"a socket, unchecked, through memory", over_sockets, false, false},
    {"a socket, unchecked, spliced", over_sockets, false, true},
    {"two pipes, checked, through memory", over_pipes, true, false},
    {"two pipes, checked, through pipes", over_pipes, true, true},
    {"two pipes, unchecked, through memory", over_pipes, false, false},
    {"two pipes, unchecked, spliced", over_pipes, false, true},
};

ConnectionOptions unchecked_or(bool checksum) {
  ConnectionOptions options;
  options.checksum = checksum;
  return options;
}

// A caller, and somebody who answers.
class Two {
 public:
  Two(Answering::Answer answer, RpcEnds ends = over_sockets(),
      const ConnectionOptions& options = {})
      : answering_(std::move(answer)),
        answerer_(std::make_unique<Connection>(
            std::move(ends.second.in), std::move(ends.second.out), options, answering_.on_call())),
        caller_(std::make_unique<Connection>(std::move(ends.first.in), std::move(ends.first.out),
                                             options)) {}
  explicit Two(const Way& way)
      : Two(
            [by_pipe = way.by_pipe](Channel& channel, const std::string& header) {
              answer_bodies(channel, header, by_pipe);
            },
            way.ends(), unchecked_or(way.checksum)) {}
  ~Two() { end(); }
  Two(const Two&) = delete;
  Two& operator=(const Two&) = delete;

  Connection& operator*() { return *caller_; }
  Connection* operator->() { return caller_.get(); }
  Connection& answerer() { return *answerer_; }
  void end() {
    if (caller_) caller_->end({});
    if (answerer_) answerer_->end({});
    if (answerer_) (void)answerer_->wait();
    answering_.join();
    caller_.reset();
    answerer_.reset();
  }

 private:
  Answering answering_;
  std::unique_ptr<Connection> answerer_, caller_;
};

void answer_from_memory(Channel& channel, const std::string& header) {
  answer_bodies(channel, header, false);
}

// ---- bodies -------------------------------------------------------------------------------------

TEST_CASE("bodies of any length arrive as they were sent, in both directions") {
  const HangsNot watch;
  for (const Way& way : ways) {
    CAPTURE(way.name);
    Two two(way);
    for (const std::size_t bytes :
         {std::size_t{0}, std::size_t{1}, std::size_t{4097}, first_credit_bytes - 1,
          first_credit_bytes, first_credit_bytes + 1, max_data_bytes - 1, max_data_bytes,
          max_data_bytes + 1, (std::size_t{8} << 20) + 3}) {
      CAPTURE(bytes);
      const auto down = download(*two, bytes, way.by_pipe);
      REQUIRE(down);
      CHECK_MESSAGE(*down == body_of(bytes), "what came down is something else");
      const auto up = upload(*two, bytes, way.by_pipe);
      REQUIRE(up);
      CHECK(*up == "the same");
    }
  }
}

TEST_CASE("a body goes each way in one call") {
  const HangsNot watch;
  for (const Way& way : ways) {
    CAPTURE(way.name);
    Two two(
        [&](Channel& channel, const std::string&) {
          auto body = read_body(channel, way.by_pipe, channel.stop());
          if (!body || !channel.send_header("here it is again", true)) return;
          (void)write_body(channel, *std::move(body), way.by_pipe, channel.stop());
        },
        way.ends(), unchecked_or(way.checksum));
    auto channel = two->call("mirror", true);
    REQUIRE(channel);
    REQUIRE(write_body(*channel->channel, body_of(3'000'000), way.by_pipe));
    REQUIRE((*channel)->next_header(std::stop_token()));
    const auto back = read_body(*channel->channel, way.by_pipe);
    REQUIRE(back);
    CHECK((*back == body_of(3'000'000)));
  }
}

TEST_CASE("headers of up to 16 MiB arrive whole") {
  const HangsNot watch;
  Two two(answer_from_memory);
  for (const std::size_t bytes : {std::size_t{1}, max_text_bytes - 1, max_text_bytes,
                                  max_text_bytes + 1, max_message_bytes}) {
    CAPTURE(bytes);
    const std::string header(bytes, 'h');
    const auto said = ask(*two, header);
    REQUIRE(said);
    CHECK((*said == header));
  }
}

TEST_CASE("a header that is too long is refused here, and the connection goes on") {
  const HangsNot watch;
  Two two(answer_from_memory);
  const auto refused = ask(*two, std::string(max_message_bytes + 1, 'h'));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().remedy == Remedy::give_up);
  const auto said = ask(*two, "still there");
  REQUIRE_MESSAGE(said, said.error().message);
  CHECK(*said == "still there");
}

TEST_CASE("whether bodies have checksums is agreed on: they have unless neither end wants them") {
  const HangsNot watch;
  for (const bool ours : {false, true}) {
    for (const bool theirs : {false, true}) {
      CAPTURE(ours);
      CAPTURE(theirs);
      auto [here, there] = over_sockets();
      Connection caller(std::move(here.in), std::move(here.out), unchecked_or(ours));
      RawPeer peer(std::move(there));
      peer.greet(theirs);
      auto channel = caller.call("up", true);
      REQUIRE(channel);
      REQUIRE((*channel)->write(bytes_of("body"), {}));
      REQUIRE((*channel)->end());
      const auto end = peer.read(FrameType::end);
      REQUIRE(end);
      CHECK(end->header.flags == (ours || theirs ? flag_checksum : 0));
    }
  }
}

// ---- several at once ----------------------------------------------------------------------------

TEST_CASE("many calls and streams at once do not mix") {
  const HangsNot watch;
  for (const Way& way : {ways[1], ways[3], ways[6]}) {
    CAPTURE(way.name);
    Two two(way);
    std::vector<std::future<bool>> all;
    for (std::size_t i = 0; i < 4; ++i) {
      all.push_back(std::async(std::launch::async, [&, i] {
        const auto body = download(*two, 2'000'000 + i, way.by_pipe);
        return body && *body == body_of(2'000'000 + i);
      }));
      all.push_back(std::async(std::launch::async, [&, i] {
        const auto said = upload(*two, 2'000'000 + i, way.by_pipe);
        return said && *said == "the same";
      }));
      all.push_back(std::async(std::launch::async, [&, i] {
        for (int n = 0; n < 100; ++n) {
          const std::string header = std::to_string(i) + ":" + std::to_string(n);
          const auto said = ask(*two, header);
          if (!said || *said != header) return false;
        }
        return true;
      }));
    }
    for (auto& one : all) CHECK(one.get());
  }
}

TEST_CASE("calls that begin at the same time are all answered") {
  const HangsNot watch;
  Two two(answer_from_memory);
  std::atomic<int> failed = 0;
  std::atomic<bool> begin = false;
  std::string why;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 60; ++i) {
    threads.emplace_back([&] {
      while (!begin) std::this_thread::yield();
      for (int n = 0; n < 30; ++n) {
        const auto said = ask(*two, "x");
        if (said) continue;
        ++failed;
        const std::lock_guard lock(mutex);
        why = said.error().message;
      }
    });
  }
  begin = true;
  for (std::thread& thread : threads) thread.join();
  CAPTURE(why);
  CHECK(failed == 0);
}

TEST_CASE("as many calls as there may be take turns, though each answer is there before its end") {
  const HangsNot watch;
  Two two([](Channel& channel, const std::string& header) {
    (void)channel.send_header(header, false);
    std::this_thread::sleep_for(1ms);  // as long as it may take until the channel is closed
  });
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < max_channels; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        if (!ask(*two, "x")) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
}

TEST_CASE("one call more than there may be is refused here, for a while") {
  const HangsNot watch;
  Two two([](Channel& channel, const std::string&) {
    (void)channel.next_header(channel.stop());  // none comes
  });
  std::vector<CloseChannel> all;
  for (std::size_t i = 0; i < max_channels; ++i) {
    auto channel = two->call("wait", false);
    REQUIRE(channel);
    all.push_back(*std::move(channel));
  }
  const auto refused = two->call("one more", false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().remedy == Remedy::retry);
  all.clear();
  CHECK(two->call("and now", false));
}

TEST_CASE("a small call is answered while a stream waits for its reader") {
  const HangsNot watch;
  for (const Way& way : ways) {
    CAPTURE(way.name);
    Two two(way);
    auto stream = two->call("down 10000000", false);
    REQUIRE(stream);
    REQUIRE((*stream)->next_header(std::stop_token()));
    // The window is full once the answerer waits; nobody reads.
    for (int n = 0; n < 20; ++n) CHECK(ask(*two, "small"));
    const auto body = read_body(*stream->channel, way.by_pipe);
    REQUIRE(body);
    CHECK((*body == body_of(10'000'000)));
  }
}

TEST_CASE("what comes in one call may go out in another of the same connection") {
  const HangsNot watch;
  for (const Way& way : ways) {
    CAPTURE(way.name);
    Two two(way);
    const auto loop = [&] {
      auto down = two->call("down 9500000", false);
      auto up = two->call("up 9500000", true);
      if (!down || !up || !(*down)->next_header(std::stop_token())) return false;
      ChannelReader from(*down->channel, {});
      ChannelWriter to(*up->channel, {});
      if (way.by_pipe) (void)from.fd();
      if (!transfer(from, to, {}, {}, {}) || !finish_both(from, to)) return false;
      const auto said = (*up)->next_header(std::stop_token());
      return said && *said == "the same";
    };
    auto other = std::async(std::launch::async, loop);
    CHECK(loop());
    CHECK(other.get());
  }
}

TEST_CASE("only one end calls, and the other one is told so") {
  const HangsNot watch;
  Two two(answer_from_memory);
  CHECK_FALSE(ask(two.answerer(), "the wrong way round"));
  const auto ended = two->wait();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().message == "the other end does not speak the protocol: it calls");
}

// ---- flow control -------------------------------------------------------------------------------

TEST_CASE("a writer sends what it has credit for, and no byte more") {
  const HangsNot watch;
  for (const bool by_pipe : {false, true}) {
    CAPTURE(by_pipe);
    auto [here, there] = over_sockets();
    Connection caller(std::move(here.in), std::move(here.out), unchecked_or(false));
    RawPeer peer(std::move(there));
    peer.greet(false);
    auto channel = caller.call("up", true);
    REQUIRE(channel);
    auto written = std::async(std::launch::async, [&] {
      return write_body(*channel->channel, body_of(1'000'000), by_pipe).has_value();
    });
    std::string came;
    const auto read = [&](std::size_t bytes) {
      for (std::size_t n = 0; n < bytes;) {
        const auto frame = peer.read(FrameType::data);
        REQUIRE(frame);
        n += frame->payload.size();
        came += frame->payload;
        REQUIRE(n <= bytes);
      }
      CHECK_FALSE(peer.hears(20ms));
    };
    read(first_credit_bytes);
    for (const std::uint32_t credit : {1u, 300'000u, 5u}) {
      peer.say(FrameType::credit, 0, 1, encode_credit(credit));
      read(credit);
    }
    peer.say(FrameType::credit, 0, 1, encode_credit(1u << 30));
    while (came.size() < 1'000'000) came += peer.read(FrameType::data)->payload;
    CHECK(peer.read(FrameType::end));
    CHECK(written.get());
    CHECK((came == body_of(1'000'000)));
  }
}

TEST_CASE("a reader never lets more come than its window, however long the stream") {
  const HangsNot watch;
  constexpr std::size_t window = std::size_t{1} << 20;
  for (const bool by_pipe : {false, true}) {
    CAPTURE(by_pipe);
    auto [here, there] = over_sockets();
    ConnectionOptions options;
    options.window_bytes = window;
    options.checksum = false;
    Connection caller(std::move(here.in), std::move(here.out), options);
    RawPeer peer(std::move(there));
    peer.greet(false);
    auto channel = caller.call("down", false);
    REQUIRE(channel);
    peer.say(FrameType::reply, flag_body, 1, "ok");
    REQUIRE((*channel)->next_header(std::stop_token()));
    ChannelReader body(*channel->channel, {});
    if (by_pipe) (void)body.fd();
    std::size_t credit = first_credit_bytes, sent = 0, read = 0;
    std::vector<std::byte> piece(100'000);
    for (int round = 0; round < 300; ++round) {
      while (credit > 0) {
        const std::size_t n = std::min<std::size_t>(credit, 65536);
        peer.say(FrameType::data, 0, 1, std::string(n, 'x'));
        credit -= n;
        sent += n;
      }
      const auto n = body.read(piece);
      REQUIRE(n);
      read += *n;
      while (peer.hears(0ms)) {
        const auto frame = peer.read();
        if (frame && frame->header.type == FrameType::credit) {
          credit += *decode_credit(frame->payload);
        }
      }
      REQUIRE(sent + credit - read <= window);
    }
    CHECK(read > 4 * window);
  }
}

// ---- ends that come early -----------------------------------------------------------------------

TEST_CASE("a caller that loses interest ends the answerer's stream, and nothing else") {
  const HangsNot watch;
  for (const Way& way : ways) {
    CAPTURE(way.name);
    Two two(way);
    for (int n = 0; n < 20; ++n) {
      auto stream = two->call("down 10000000", false);
      REQUIRE(stream);
      REQUIRE((*stream)->next_header(std::stop_token()));
      std::vector<std::byte> piece(1000);
      if (n % 2 != 0) CHECK(ChannelReader(*stream->channel, {}).read(piece));
    }
    CHECK(ask(*two, "still there"));
  }
}

TEST_CASE("a caller that loses interest cuts what it sends") {
  const HangsNot watch;
  std::promise<Result<std::string>> came;
  Two two([&](Channel& channel, const std::string&) {
    came.set_value(read_body(channel, false, channel.stop()));
  });
  {
    auto stream = two->call("up", true);
    REQUIRE(stream);
    REQUIRE((*stream)->write(bytes_of(body_of(100'000)), {}));
  }
  const auto body = came.get_future().get();
  REQUIRE_FALSE(body);
  CHECK(body.error().remedy == Remedy::retry);
}

TEST_CASE("a stop while waiting for an answer, for credit or for a body ends the waiting") {
  const HangsNot watch;
  Two two([](Channel& channel, const std::string& header) {
    if (header == "a body") (void)channel.send_header("it comes", true);
    (void)channel.next_header(channel.stop());
  });
  const auto stopped = [](auto wait) {
    std::stop_source stop;
    auto waiting = std::async(std::launch::async, [&] { return wait(stop.get_token()); });
    stop.request_stop();
    return waiting.get();
  };
  auto channel = two->call("a body", true);
  REQUIRE(channel);
  REQUIRE((*channel)->next_header(std::stop_token()));
  std::vector<std::byte> piece(1000);
  CHECK_FALSE(stopped([&](auto stop) { return (*channel)->inbox().read(piece, stop); }));
  CHECK_FALSE(stopped([&](auto stop) { return (*channel)->next_header(stop); }));
  CHECK_FALSE(
      stopped([&](auto stop) { return (*channel)->write(bytes_of(body_of(1'000'000)), stop); }));
}

TEST_CASE("an answerer may say no before it has read the body") {
  const HangsNot watch;
  for (const Way& way : ways) {
    CAPTURE(way.name);
    Two two(
        [](Channel& channel, const std::string& header) {
          std::vector<std::byte> piece(1000);
          if (header == "after a bit") (void)channel.inbox().read(piece, channel.stop());
          (void)channel.send_header("no", false);
        },
        way.ends(), unchecked_or(way.checksum));
    for (const char* header : {"at once", "after a bit"}) {
      auto channel = two->call(header, true);
      REQUIRE(channel);
      CHECK_FALSE(write_body(*channel->channel, body_of(10'000'000), way.by_pipe));
      const auto said = (*channel)->next_header(std::stop_token());
      REQUIRE(said);
      CHECK(*said == "no");
      (*channel)->answered();
    }
    CHECK(ask(*two, "at once"));
  }
}

TEST_CASE("a body that the answerer broke off is not whole") {
  const HangsNot watch;
  Two two([](Channel& channel, const std::string& header) {
    if (!channel.send_header("a body", true)) return;
    (void)channel.write(bytes_of(body_of(100)), channel.stop());
    if (header == "with a reason") {
      (void)channel.end_failed(reply_to_json(Error{Remedy::replan, "it is gone"}));
    }
  });
  for (const auto& expected :
       {std::pair("with a reason", Remedy::replan), std::pair("without", Remedy::retry)}) {
    const std::string header = expected.first;
    CAPTURE(header);
    auto channel = two->call(header, false);
    REQUIRE(channel);
    REQUIRE((*channel)->next_header(std::stop_token()));
    const auto body = read_body(*channel->channel, false);
    REQUIRE_FALSE(body);
    CHECK(body.error().remedy == expected.second);
  }
}

TEST_CASE("who ends a connection says why, and what is under way fails") {
  const HangsNot watch;
  Two two([](Channel& channel, const std::string&) { (void)channel.next_header(channel.stop()); });
  auto channel = two->call("wait", false);
  REQUIRE(channel);
  two.answerer().end("the house is on fire");
  const auto said = (*channel)->next_header(std::stop_token());
  REQUIRE_FALSE(said);
  CHECK(said.error().message.find("the house is on fire") != std::string::npos);
  const auto ended = two->wait();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().message.find("the house is on fire") != std::string::npos);
  CHECK_FALSE(two->call("again", false));
}

TEST_CASE("a connection that the peer closes in good order has ended well") {
  const HangsNot watch;
  auto [here, there] = over_sockets();
  Connection connection(std::move(here.in), std::move(here.out), {});
  { const Connection other(std::move(there.in), std::move(there.out), {}); }
  CHECK(connection.wait());
  CHECK(connection.ended());
  const auto refused = connection.call("again", false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().remedy == Remedy::reconnect);
}

// ---- heartbeats ---------------------------------------------------------------------------------

TEST_CASE("an idle connection stays, since both ends are heard of") {
  const HangsNot watch;
  for (const auto ends : {over_sockets, over_pipes}) {
    ConnectionOptions options;
    options.ping_after = 5ms;
    options.dead_after = 2s;
    auto [here, there] = ends();
    Answering answering(answer_from_memory);
    Connection answerer(std::move(there.in), std::move(there.out), options, answering.on_call());
    RawPeer peer(std::move(here));
    peer.greet();
    for (int n = 0; n < 20; ++n) REQUIRE(peer.read(FrameType::ping));
    peer.say(FrameType::call, 0, 1, "x");
    CHECK(peer.read(FrameType::reply));
  }
}

TEST_CASE("a peer that is not heard of any more is gone") {
  const HangsNot watch;
  ConnectionOptions options;
  options.ping_after = 5ms;
  options.dead_after = 50ms;
  auto [here, there] = over_sockets();
  Connection connection(std::move(here.in), std::move(here.out), options);
  RawPeer peer(std::move(there));
  peer.greet();
  auto channel = connection.call("x", true);
  REQUIRE(channel);
  const auto said = (*channel)->next_header(std::stop_token());
  REQUIRE_FALSE(said);
  CHECK(said.error().remedy == Remedy::reconnect);
  CHECK_FALSE((*channel)->write(bytes_of(body_of(1'000'000)), {}));
  const auto ended = connection.wait();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().remedy == Remedy::reconnect);
}

TEST_CASE("a connection that has ended leaves no thread and no descriptor") {
  const HangsNot watch;
  const std::size_t before = running_threads();
  for (int n = 0; n < 5; ++n) {
    Two two(answer_from_memory);
    CHECK(ask(*two, "x"));
    auto stream = two->call("down 1000000", false);
    two.answerer().end({});
  }
  CHECK(running_threads() == before);
}

}  // namespace
}  // namespace zr
