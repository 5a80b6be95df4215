// Ends of the protocol that lie, break off, talk nonsense or say nothing: whoever is at the other
// end has a clean error, in bounded time and memory, and goes on with others.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "executor/rpc/answer.h"
#include "executor/rpc/rpc_zfs.h"
#include "executor/sim/sim_zfs.h"
#include "tests/executor/rpc_bodies.h"
#include "tests/executor/rpc_peer.h"
#include "tests/executor/rpc_relay.h"
#include "tests/support/world_text.h"

namespace zr {
namespace {

using namespace std::chrono_literals;

const HostName nas("nas");
DatasetName ds(const char* text) { return *DatasetName::parse(text); }

// ---- a host that is served, and a conversation with it ------------------------------------------

class Host {
 public:
  Host()
      : file_(
            SimFile::in_memory(world_from_text("nas: tank guid=1\nnas: tank/db guid=2 @1+60\n"))) {}
  ~Host() { join(); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void serve(RpcEnd end, const ConnectionOptions& options = {}) {
    servers_.emplace_back([this, options, end = std::move(end)]() mutable {
      (void)answer_calls(std::move(end.in), std::move(end.out), options,
                         [&](std::stop_token) {
                           auto zfs = SimZfs::open(file_, nas, SimOptions{Seconds(1000s), 30});
                           return Result<std::unique_ptr<Zfs>>(std::move(*zfs));
                         },
                         {});
    });
  }
  // Until every client is gone.
  void join() {
    for (std::thread& server : servers_) server.join();
    servers_.clear();
  }
  // Whether the dataset has a snapshot, so that something was received whole.
  bool has(const char* dataset, const char* snapshot) const {
    const World world = *file_->world();
    const Dataset* d = world.hosts.at(nas).find(ds(dataset));
    return d != nullptr && d->find(VersionKind::snapshot, snapshot) != nullptr;
  }

 private:
  std::shared_ptr<SimFile> file_;
  std::vector<std::thread> servers_;
};

RpcEnd client_of(Host& host) {
  auto [here, there] = over_sockets();
  host.serve(std::move(there));
  return std::move(here);
}

std::shared_ptr<Connection> connection_over(RpcEnd end) {
  return std::make_shared<Connection>(std::move(end.in), std::move(end.out), ConnectionOptions());
}

// A listing, a stream that comes and the same one going back, or only one of the streams.
enum class Talk { all, sending, receiving };
struct Heard {
  std::optional<Result<Inventory>> listed;
  std::optional<Result<std::string>> sent;
  std::optional<Result<void>> landed;
};

Send send_of_all() { return {ds("tank/db"), {}, {VersionKind::snapshot, "1", Guid(1)}}; }

Result<std::string> read_stream(Zfs& zfs) {
  auto stream = zfs.send(send_of_all());
  if (!stream) return stream.error();
  IntoText text;
  if (auto moved = transfer(**stream, text, {}, {}, {}); !moved) return moved.error();
  if (auto whole = (*stream)->finish(); !whole) return whole.error();
  return text.text;
}

Result<void> write_stream(Zfs& zfs, const std::string& text) {
  auto stream = zfs.receive({ds("tank/new"), false, false, {}, {}});
  if (!stream) return stream.error();
  if (auto written = (*stream)->write(bytes_of(text)); !written) return written;
  return (*stream)->finish();
}

std::string whole_stream() {
  static const std::string text = [] {
    Host host;
    RpcZfs zfs(connection_over(client_of(host)), {});
    return *read_stream(zfs);
  }();
  return text;
}

Heard converse(RpcEnd end, Talk talk) {
  RpcZfs zfs(connection_over(std::move(end)), {});
  Heard heard;
  Roots roots;
  roots.trees = {ds("tank")};
  if (talk == Talk::all) heard.listed = zfs.list(roots);
  if (talk != Talk::receiving) heard.sent = read_stream(zfs);
  if (talk != Talk::sending) heard.landed = write_stream(zfs, whole_stream());
  return heard;
}

struct Conversation {
  std::string caller, answerer;
};

// What is said when nobody meddles with it.
Conversation record(Talk talk) {
  Host host;
  auto [here, there] = over_sockets();
  Relay relay(std::move(there), client_of(host), Relay::unchanged, Relay::unchanged);
  const Heard heard = converse(std::move(here), talk);
  relay.join();
  REQUIRE((!heard.listed || *heard.listed));
  REQUIRE((!heard.sent || *heard.sent));
  REQUIRE((!heard.landed || *heard.landed));
  REQUIRE(host.has("tank/new", "1") == (talk != Talk::sending));
  return {relay.caller_said(), relay.answerer_said()};
}

bool is_served(Host& host) {
  RpcZfs zfs(connection_over(client_of(host)), {});
  const auto sent = read_stream(zfs);
  return sent && *sent == whole_stream();
}

// ---- connections that are lost ------------------------------------------------------------------

// Whatever succeeded is right, and what did not may be tried again.
void check(const Heard& heard) {
  if (heard.sent && *heard.sent) CHECK_MESSAGE((**heard.sent == whole_stream()), "not all of it");
  if (heard.sent && !*heard.sent) CHECK(may_pass(heard.sent->error().remedy));
  if (heard.landed && !*heard.landed) CHECK(may_pass(heard.landed->error().remedy));
}

bool says_the_end(std::string_view said) {
  const auto parts = parts_of(said);
  return std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part[0] == static_cast<char>(FrameType::end);
  });
}

TEST_CASE("a stream that is cut off anywhere on its way to the answerer never looks complete") {
  const HangsNot watch;
  const std::size_t bytes_in_all = record(Talk::receiving).caller.size();
  const std::size_t threads = running_threads();
  for (std::size_t bytes = 0; bytes < bytes_in_all; ++bytes) {
    CAPTURE(bytes);
    Host host;
    auto [here, there] = over_sockets();
    Relay relay(std::move(there), client_of(host), Relay::at_most(bytes), Relay::unchanged);
    const Heard heard = converse(std::move(here), Talk::receiving);
    relay.join();
    host.join();
    check(heard);
    // Credit comes when it comes, so where the stream ends is not the same each time.
    if (!says_the_end(relay.caller_said().substr(0, bytes))) CHECK_FALSE(*heard.landed);
  }
  CHECK(running_threads() == threads);
}

TEST_CASE("a stream that is cut off anywhere on its way to the caller never looks complete") {
  const HangsNot watch;
  const std::size_t bytes_in_all = record(Talk::sending).answerer.size();
  const std::size_t threads = running_threads();
  for (std::size_t bytes = 0; bytes < bytes_in_all; ++bytes) {
    CAPTURE(bytes);
    Host host;
    auto [here, there] = over_sockets();
    Relay relay(std::move(there), client_of(host), Relay::unchanged, Relay::at_most(bytes));
    const Heard heard = converse(std::move(here), Talk::sending);
    relay.join();
    host.join();
    check(heard);
    if (!says_the_end(relay.answerer_said().substr(0, bytes))) CHECK_FALSE(*heard.sent);
  }
  CHECK(running_threads() == threads);
}

// ---- words that are changed ---------------------------------------------------------------------

std::string with_length(std::string frame, std::size_t length) {
  for (std::size_t i = 0; i < 4; ++i) frame[8 + i] = static_cast<char>(length >> (8 * i) & 0xff);
  return frame;
}

// Every way to say one part of a conversation wrongly. The first is not to say it.
std::vector<std::string> misspoken(const std::string& part) {
  std::vector<std::string> all = {"", part + part, part + "x", part.substr(0, part.size() / 2)};
  const auto flip = [&](std::size_t byte, int bits) {
    std::string flipped = part;
    flipped[byte] = static_cast<char>(flipped[byte] ^ bits);
    all.push_back(std::move(flipped));
  };
  for (std::size_t byte = 0; byte < frame_header_bytes; ++byte) {
    flip(byte, 0x01);
    flip(byte, 0x82);
  }
  if (part.starts_with(preface)) return all;
  const std::size_t length = part.size() - frame_header_bytes;
  all.push_back(with_length(part, UINT32_MAX));
  all.push_back(with_length(part, max_data_bytes + 1));
  all.push_back(with_length(part + "x", length + 1));
  if (length > 0) all.push_back(with_length(part.substr(0, part.size() - 1), length - 1));
  for (std::size_t byte = frame_header_bytes; byte < part.size(); byte += 17) flip(byte, 0x04);
  return all;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

TEST_CASE("a server that is told anything else than was meant ends in good order") {
  const HangsNot watch;
  const auto parts = parts_of(record(Talk::all).caller);
  const auto tell = [&](const std::vector<std::string>& changed, bool of_the_body) {
    Host host;
    RawPeer peer(client_of(host));
    peer.say(joined(changed));
    peer.stop_talking();
    host.join();
    if (of_the_body) CHECK_FALSE(host.has("tank/new", "1"));
  };
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CAPTURE(i);
    // How much goes into a frame is not the same each time: a second one may have no more than what
    // stands behind the snapshot. And what is changed or missing at the end is told to the caller,
    // but may come to light only when the rest of it has landed.
    const auto is_data = [](const std::string& part) {
      return part[0] == static_cast<char>(FrameType::data);
    };
    const auto before = parts.begin() + static_cast<std::ptrdiff_t>(i);
    const bool of_the_body = is_data(parts[i]) && std::none_of(parts.begin(), before, is_data);
    auto changed = parts;
    for (const std::string& misspoke : misspoken(parts[i])) {
      changed[i] = misspoke;
      tell(changed, of_the_body && misspoke.size() <= parts[i].size() / 2);
    }
    changed[i] = parts[i];
    if (i + 1 == parts.size()) break;
    std::swap(changed[i], changed[i + 1]);
    tell(changed, false);
  }
}

TEST_CASE("a client that is told anything else than was said has a stream that is right, or none") {
  const HangsNot watch;
  const auto parts = parts_of(record(Talk::sending).answerer);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CAPTURE(i);
    const std::size_t ways = misspoken(parts[i]).size();
    for (std::size_t way = 0; way < ways; ++way) {
      CAPTURE(way);
      Host host;
      auto [here, there] = over_sockets();
      const auto hand = [i, way](Relay::Direction& d) {
        auto heard = parts_of(d.heard);
        if (heard.size() > i) {
          auto wrong = misspoken(heard[i]);
          heard[i] = wrong[way % wrong.size()];
        }
        d.said = joined(heard);
        return true;
      };
      // What is left out is waited for, as long as the connection is there.
      const Relay relay(std::move(there), client_of(host), Relay::unchanged, hand, 10ms);
      const Heard heard = converse(std::move(here), Talk::sending);
      if (*heard.sent) CHECK_MESSAGE((**heard.sent == whole_stream()), "another stream");
    }
  }
}

// ---- one broken rule each -----------------------------------------------------------------------

// A connection whose calls wait until they are over, and a peer that may say anything to it.
class Listener {
 public:
  explicit Listener(const ConnectionOptions& options = {})
      : ends_(over_sockets()), peer_(std::move(ends_.first)) {
    connection_ = std::make_unique<Connection>(
        std::move(ends_.second.in), std::move(ends_.second.out), options, answering_.on_call());
  }
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  RawPeer* operator->() { return &peer_; }
  Connection& connection() { return *connection_; }
  void close() {
    if (!connection_) return;
    connection_->end({});
    (void)connection_->wait();
    answering_.join();
    connection_.reset();
  }

 private:
  Answering answering_{[](Channel& channel, const std::string& header) {
    if (header.starts_with("down") || header.starts_with("up")) {
      answer_bodies(channel, header, false);
    } else {
      (void)channel.next_header(channel.stop());
    }
  }};
  RpcEnds ends_;
  RawPeer peer_;
  std::unique_ptr<Connection> connection_;
};

std::string say(FrameType type, std::uint8_t flags, std::uint32_t channel,
                std::string_view payload = {}) {
  return frame_bytes(type, flags, channel, payload);
}
std::string ending(std::uint64_t bytes) {
  return say(FrameType::end, 0, 1, encode(Trailer{bytes, {}, false, {}}));
}

TEST_CASE("whoever breaks the protocol is told how, and the connection is over") {
  const HangsNot watch;
  const std::string hello = greeting_bytes();
  const std::string call = hello + say(FrameType::call, 0, 1, "x");
  const std::string body = hello + say(FrameType::call, flag_body, 1, "x");
  const std::string quarter(first_credit_bytes, 'x');
  struct Breach {
    const char* what;
    std::string said, told;
  };
  const std::vector<Breach> breaches = {
      {"more than there is credit for",
       body + with_length(say(FrameType::data, 0, 1), max_data_bytes), "credit"},
      {"one byte more than there is credit for",
       body + say(FrameType::data, 0, 1, quarter) + say(FrameType::data, 0, 1, "x"), "credit"},
      {"a body that no header spoke of", call + say(FrameType::data, 0, 1, "x"), "credit"},
      {"an end without a body", call + ending(0), "an end of nothing"},
      {"two ends", body + ending(0) + ending(0), "an end of nothing"},
      {"more after the end", body + ending(0) + say(FrameType::data, 0, 1, "x"), "credit"},
      {"data of an unknown channel", call + say(FrameType::data, 0, 2, "x"), "unknown channel"},
      {"an end of an unknown channel", hello + ending(0), "unknown channel"},
      {"credit for an unknown channel", hello + say(FrameType::credit, 0, 9, encode_credit(1)),
       "unknown channel"},
      {"a cancel of an unknown channel", call + say(FrameType::cancel, 0, 2), "unknown channel"},
      {"a reply to nothing", hello + say(FrameType::reply, 0, 1, "x"), "a reply to nothing"},
      {"a reply to who answers", call + say(FrameType::reply, 0, 1, "x"), "a reply too many"},
      {"a channel twice", call + say(FrameType::call, 0, 1, "x"), "used twice"},
      {"a channel before the last",
       hello + say(FrameType::call, 0, 7, "x") + say(FrameType::call, 0, 6, "x"), "used twice"},
      {"no credit at all", call + say(FrameType::credit, 0, 1, encode_credit(0)), "credit that is"},
      {"credit without measure",
       call + say(FrameType::credit, 0, 1, encode_credit(UINT32_MAX)) +
           say(FrameType::credit, 0, 1, encode_credit(UINT32_MAX)),
       "credit that is"},
      {"a frame amid a header",
       hello + say(FrameType::call, flag_more, 1, "x") + say(FrameType::ping, 0, 0),
       "amid a header"},
      {"two headers at once",
       hello + say(FrameType::call, flag_more, 1, "x") + say(FrameType::call, 0, 2, "x"),
       "amid a header"},
      {"a second hello", hello + hello.substr(preface.size()), "second hello"},
      {"a type that is none", hello + std::string("\x0a\0\0\0\0\0\0\0\0\0\0\0", 12), "is none"},
      {"a longer frame than there is", hello + with_length(say(FrameType::data, 0, 1), 1u << 21),
       "is none"},
      {"a banner", "Welcome to nas! You have \x1b[31mmail.\n", "it said"},
      {"another major version", "zrepl-rpc 2\n" + hello.substr(preface.size()), "zrepl-rpc 2"},
      {"no hello", std::string(preface) + say(FrameType::ping, 0, 0), "no hello"},
      {"a hello of nothing", std::string(preface) + say(FrameType::hello, 0, 0), ""},
      {"a hello that is no JSON", std::string(preface) + say(FrameType::hello, 0, 0, "hello!"), ""},
      {"a hello that is deep",
       std::string(preface) + say(FrameType::hello, 0, 0, std::string(60'000, '[')), ""},
  };
  for (const Breach& breach : breaches) {
    CAPTURE(std::string(breach.what));
    Listener listener;
    listener->say(breach.said);
    const std::string told = listener->goodbye();
    CHECK(told.size() > 0);
    CHECK_MESSAGE(told.find(breach.told) != std::string::npos, told);
    CHECK_MESSAGE(told.find('\x1b') == std::string::npos, "it moves a cursor");
    const auto ended = listener.connection().wait();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().remedy == Remedy::give_up);
  }
}

TEST_CASE("a header never becomes longer than 16 MiB") {
  const HangsNot watch;
  Listener listener;
  listener->greet();
  const std::string piece = say(FrameType::call, flag_more, 1, std::string(max_text_bytes, 'x'));
  for (std::size_t n = 0; n < max_message_bytes / max_text_bytes; ++n) listener->say(piece);
  listener->say(FrameType::call, 0, 1, "x");
  CHECK(listener->goodbye().find("a header without end") != std::string::npos);
}

TEST_CASE("calls without number are not answered without number") {
  const HangsNot watch;
  const std::size_t before = running_threads();
  Listener listener;
  listener->greet();
  for (std::uint32_t n = 1; n <= 5000; ++n) {
    if (!listener->say(FrameType::call, 0, n, "x")) break;
    REQUIRE(running_threads() < before + 200);
    if (listener.connection().ended()) break;
  }
  CHECK(listener->goodbye().find("too many calls at once") != std::string::npos);
}

TEST_CASE("calls that are cancelled at once do not pile up") {
  const HangsNot watch;
  const std::size_t before = running_threads();
  Host host;
  RawPeer peer(client_of(host));
  peer.greet();
  const std::string list = call_to_json(Roots{true, {}, {}, false});
  for (std::uint32_t n = 1; n <= 3000; ++n) {
    if (!peer.say(say(FrameType::call, 0, n, list) + say(FrameType::cancel, 0, n))) break;
    if (n % 100 == 0) REQUIRE(running_threads() < before + 200);
    while (peer.hears(0ms) && peer.read()) {
    }
  }
  peer.hang_up();
  CHECK(is_served(host));
}

TEST_CASE("a body that is not what its trailer says is refused, and the connection goes on") {
  const HangsNot watch;
  const std::string text = body_of(1000);
  Checksum sum;
  sum.add(bytes_of(text));
  Checksum of_nothing;
  const std::vector<std::pair<const char*, Trailer>> trailers = {
      {"the same", {1000, sum.value(), false, {}}},
      {"error: the bytes", {1000, sum.value() + 1, false, {}}},
      {"error: the bytes", {1000, {}, false, {}}},
      {"error: 999 bytes", {999, sum.value(), false, {}}},
      {"error: 1001 bytes", {1001, sum.value(), false, {}}},
      {"error: 18446744073709551615", {UINT64_MAX, sum.value(), false, {}}},
      {"error: the other end broke off", {1000, sum.value(), true, {}}},
      {"error: the other end broke off", {1000, sum.value(), true, reply_to_json({})}},
      {"error: the other end's answer", {1000, sum.value(), true, "nonsense"}},
  };
  Listener listener;
  listener->greet();
  std::uint32_t channel = 0;
  for (const auto& one : trailers) {
    const auto& [expected, trailer] = one;
    CAPTURE(std::string(one.first));
    ++channel;
    listener->say(FrameType::call, flag_body, channel, "up 1000");
    listener->say(FrameType::data, 0, channel, text);
    listener->say(FrameType::end, flags_of(trailer), channel, encode(trailer));
    const auto reply = listener->read(FrameType::reply);
    REQUIRE(reply);
    CHECK(reply->header.channel == channel);
    CHECK_MESSAGE(reply->payload.starts_with(expected), reply->payload);
  }
}

TEST_CASE("a change that names no guid changes nothing") {
  const HangsNot watch;
  Host host;
  RpcZfs zfs(connection_over(client_of(host)), {});
  for (const Change& change :
       std::vector<Change>{DestroyVersion{ds("tank/db"), {VersionKind::snapshot, "1", {}}},
                           Rollback{ds("tank/db"), {VersionKind::snapshot, "1", {}}, {}},
                           RenameDataset{ds("tank/db"), ds("tank/other"), Guid(0)}}) {
    CHECK_FALSE(zfs.apply(std::vector{change}));
  }
  CHECK(host.has("tank/db", "1"));
}

// ---- those that are slow ------------------------------------------------------------------------

ConnectionOptions impatient() {
  ConnectionOptions options;
  options.ping_after = 20ms;
  options.dead_after = 200ms;
  return options;
}

TEST_CASE("a frame that comes a byte now and then is not waited for") {
  const HangsNot watch;
  for (const std::string& before : {std::string(), std::string(preface), greeting_bytes()}) {
    Listener listener(impatient());
    listener->say(before);
    // Half of a preface, of a hello, of a call.
    const std::string drop =
        before.empty() ? "z" : std::string("\x02\0\0\0\x01\0\0\0\xff\xff\0\0", 12);
    listener->say(drop.substr(0, drop.size() / 2));
    listener->say(before.size() == preface.size() ? "" : drop.substr(drop.size() / 2));
    int drops = 0;
    while (drops < 2000 && !listener.connection().ended()) {
      std::this_thread::sleep_for(10ms);
      if (!listener->say("x")) break;
      ++drops;
    }
    CHECK(drops < 2000);
    CHECK_FALSE(listener.connection().wait());
  }
}

TEST_CASE("a peer that never reads is gone after a while, though it is heard of") {
  const HangsNot watch;
  Listener listener(impatient());
  listener->greet();
  listener->say(FrameType::call, 0, 1, "down 40000000");
  listener->say(FrameType::credit, 0, 1, encode_credit(1u << 31));
  int pings = 0;
  while (pings < 2000 && !listener.connection().ended()) {
    std::this_thread::sleep_for(10ms);
    if (!listener->say(FrameType::ping, 0, 0)) break;
    ++pings;
  }
  CHECK(pings < 2000);
  const auto ended = listener.connection().wait();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().remedy == Remedy::reconnect);
}

TEST_CASE("a connection can be ended, with a reason, while its peer does not read") {
  const HangsNot watch;
  Listener listener;
  listener->greet();
  listener->say(FrameType::call, 0, 1, "down 40000000");
  listener->say(FrameType::credit, 0, 1, encode_credit(1u << 31));
  while (!listener->hears(1s)) {
  }
  std::this_thread::sleep_for(50ms);  // until the writer is stuck
  listener.connection().end("that is enough");
  CHECK_FALSE(listener.connection().wait());
}

TEST_CASE("a connection can be ended while its peer never stops talking") {
  const HangsNot watch;
  Listener listener;
  listener->greet();
  std::thread talking([&] {
    std::string pings;
    for (int n = 0; n < 1000; ++n) pings += say(FrameType::ping, 0, 0);
    while (listener->say(pings)) {
    }
  });
  std::this_thread::sleep_for(20ms);
  listener.connection().end({});
  CHECK_FALSE(listener.connection().wait());
  listener.close();
  talking.join();
}

}  // namespace
}  // namespace zr
