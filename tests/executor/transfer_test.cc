#include "executor/run/transfer.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "executor/machine/local_host.h"
#include "executor/run/rate.h"
#include "executor/zfs/cli_zfs_stream.h"
#include "tests/executor/scripts.h"

namespace zr {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

DatasetName ds(const std::string& name) { return DatasetName::parse(name).value(); }

// A limit that nobody else is under.
Pace at(std::uint64_t bytes_per_second) {
  return {{std::make_shared<RateLimit>(bytes_per_second, steady_clock::now())},
          std::max<std::uint64_t>(bytes_per_second / 50, 1)};
}

// A sender and a receiver that are one script each instead of zfs.
struct Ends {
  TemporaryFolder folder;
  LocalHost host;
  std::stop_source stop;
  std::unique_ptr<SendStream> from;
  std::unique_ptr<ReceiveStream> to;

  Ends(const std::string& sender, const std::string& receiver, const std::string& input = "") {
    write_content(folder / "input", input);
    const std::string script = write_script(
        folder, "zfs", "case $1 in\nsend) " + sender + ";;\nreceive) " + receiver + ";;\nesac\n");
    const ZfsCommand zfs(host, {script}, 20s, stop.get_token());
    from = open_send(zfs, Send{.dataset = ds("a"), .from = {}, .to = {}}).value();
    to = open_receive(zfs, ReceiveRequest{ds("b"), false, false, {}, {}}).value();
  }
  Result<std::uint64_t> move(Pace pace = {}) {
    return transfer(*from, *to, {}, std::move(pace), stop.get_token());
  }
  std::string received() const { return content_of(folder / "received"); }
};

// The same text in pieces, and what it is written to, without descriptors.
class TextSender final : public SendStream {
 public:
  TextSender(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t n = std::min({into.size(), piece_, text_.size() - at_});
    std::memcpy(into.data(), text_.data() + at_, n);
    at_ += n;
    return n;
  }
  Result<void> finish() override { return outcome; }
  Result<void> outcome;

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

class TextReceiver final : public ReceiveStream {
 public:
  Result<void> write(std::span<const std::byte> bytes) override {
    if (text.size() + bytes.size() > room) return Error{Remedy::give_up, "no room"};
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  Result<void> finish() override {
    finished = true;
    return {};
  }
  std::string text;
  std::size_t room = std::string::npos;
  bool finished = false;
};

// Judges the first bytes of a stream before it lets the rest through.
class Judging final : public ReceiveStream {
 public:
  Judging(ReceiveStream& inner, std::size_t head_bytes) : inner_(inner), missing_(head_bytes) {}
  int fd() const override { return missing_ == 0 ? inner_.fd() : -1; }
  Result<void> write(std::span<const std::byte> bytes) override {
    ++writes;
    missing_ -= std::min(missing_, bytes.size());
    return inner_.write(bytes);
  }
  Result<void> finish() override { return inner_.finish(); }
  unsigned writes = 0;

 private:
  ReceiveStream& inner_;
  std::size_t missing_;
};

bool no_children_left() { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

}  // namespace

TEST_CASE("a stream between two processes arrives byte for byte") {
  std::string input;
  for (int i = 0; input.size() < 3'000'000; ++i) input += std::to_string(i) + '\0';
  Ends ends("cat input", "cat > received", input);
  const auto moved = ends.move();
  REQUIRE(moved.has_value());
  CHECK(*moved == input.size());
  CHECK(finish_both(*ends.from, *ends.to).has_value());
  const bool same = ends.received() == input;
  CHECK(same);
}

TEST_CASE("a stream in pieces of any size and pace arrives byte for byte") {
  std::string input;
  for (int i = 0; input.size() < 200'000; ++i) input += std::to_string(i);
  std::string expected;
  for (const unsigned n : {1U, 7U, 100U, 4095U, 4096U, 4097U, 65536U, 1U, 200'000U, 3U}) {
    expected += input.substr(0, n);
  }
  Ends ends(
      "for i in 1 7 100 4095 4096 4097 65536 1 200000 3; do head -c $i input; [ $i != 4097 ] || "
      "sleep 0.05; done",
      "dd bs=1000 of=received 2>&1; sleep 0.05", input);
  CHECK(ends.move().value() == expected.size());
  CHECK(finish_both(*ends.from, *ends.to).has_value());
  const bool same = ends.received() == expected;
  CHECK(same);
}

TEST_CASE("a stream between any kinds of ends arrives byte for byte") {
  CHECK(rc::check("text to text", [] {
    const auto text = *rc::gen::arbitrary<std::string>();
    TextSender from(text, static_cast<std::size_t>(*rc::gen::inRange(1, 50)));
    TextReceiver to;
    RC_ASSERT(transfer(from, to, {}, {}, {}).value() == text.size());
    RC_ASSERT(to.text == text);
    RC_ASSERT(!to.finished);
  }));
  const std::string text(1'000'000, 'x');
  {
    Ends ends("true", "cat > received");
    TextSender from(text, 300'000);
    CHECK(transfer(from, *ends.to, {}, {}, {}).value() == text.size());
    CHECK(finish_both(from, *ends.to).has_value());
    const bool same = ends.received() == text;
    CHECK(same);
  }
  Ends ends("head -c 1000000 /dev/zero | tr '\\0' x", "true");
  TextReceiver to;
  CHECK(transfer(*ends.from, to, {}, {}, {}).value() == text.size());
  CHECK(finish_both(*ends.from, to).has_value());
  const bool same = to.text == text;
  CHECK(same);
}

TEST_CASE("a receiver that has to see the head of a stream is a pipe from then on") {
  const std::string input(3'000'000, 'x');
  for (const std::size_t head : {std::size_t{1}, std::size_t{100'000}, std::size_t{9'000'000}}) {
    CAPTURE(head);
    Ends ends("cat input", "cat > received", input);
    Judging to(*ends.to, head);
    CHECK(transfer(*ends.from, to, {}, {}, {}).value() == input.size());
    CHECK(finish_both(*ends.from, to).has_value());
    const bool same = ends.received() == input;
    CHECK(same);
    if (head == 1) CHECK(to.writes == 1);
  }
}

TEST_CASE("an empty stream is a stream") {
  Ends ends("true", "cat > received");
  CHECK(ends.move().value() == 0);
  CHECK(finish_both(*ends.from, *ends.to).has_value());
}

TEST_CASE("when the receiver dies, its reason is the one that is told") {
  for (const char* receiver :
       {"echo 'cannot receive new filesystem stream: out of space' >&2; exit 1",
        "head -c 100000 >/dev/null; echo 'cannot receive: out of space' >&2; exit 1"}) {
    Ends ends("cat /dev/zero", receiver);
    const auto moved = ends.move();
    REQUIRE_FALSE(moved.has_value());
    CHECK(moved.error().remedy == Remedy::give_up);
    CHECK(moved.error().message.find("out of space") != std::string::npos);
    CHECK(moved.error().message.find("receive -A b") != std::string::npos);
  }
}

TEST_CASE("a receiver that dies while the sender is silent is noticed") {
  Ends ends("head -c 10 /dev/zero; sleep 100",
            "echo 'cannot receive: permission denied' >&2; exit 1");
  const auto begun = steady_clock::now();
  CHECK(ends.move().error().message.find("permission denied") != std::string::npos);
  CHECK(steady_clock::now() - begun < 5s);
}

TEST_CASE("a receiver that ends without an error before the stream does is an error") {
  Ends ends("cat /dev/zero", "exit 0");
  CHECK(ends.move().error().message == "the receiver ended before the stream did");
}

TEST_CASE("a receiver may have seen the end of the stream before the sender has ended") {
  Ends ends("head -c 10 /dev/zero; sleep 0.3", "head -c 10 > received");
  CHECK(ends.move().value() == 10);
  CHECK(finish_both(*ends.from, *ends.to).has_value());
}

TEST_CASE("a sender that fails is what is told, and the receiver is left unfinished") {
  Ends ends("head -c 1000 /dev/zero; echo 'warning: cannot send a: permission denied' >&2; exit 1",
            "cat > received; echo done > done");
  CHECK(ends.move().value() == 1000);
  const auto finished = finish_both(*ends.from, *ends.to);
  REQUIRE_FALSE(finished.has_value());
  CHECK(finished.error().message.find("permission denied") != std::string::npos);

  TextSender from("half of it", 3);
  from.outcome = Error{Remedy::retry, "connection lost"};
  TextReceiver to;
  REQUIRE(transfer(from, to, {}, {}, {}).has_value());
  CHECK(finish_both(from, to).error().message == "connection lost");
  CHECK_FALSE(to.finished);
}

TEST_CASE("a sender that is killed in the middle is an error") {
  Ends ends("head -c 1000 /dev/zero; kill -9 $$", "cat > received");
  CHECK(ends.move().value() == 1000);
  CHECK(finish_both(*ends.from, *ends.to).error().message.find("signal 9") != std::string::npos);
}

TEST_CASE("a receiver that refuses what it is given stops the stream") {
  TextSender from(std::string(1000, 'x'), 100);
  TextReceiver to;
  to.room = 250;
  CHECK(transfer(from, to, {}, {}, {}).error().message == "no room");
  CHECK(to.text.size() == 200);
}

TEST_CASE("a stop cuts a stream at once, whatever it waits for") {
  using Scripts = std::pair<std::string, std::string>;
  for (const Scripts& scripts :
       std::vector<Scripts>{{"sleep 100", "cat >/dev/null"},          // for the sender
                            {"cat /dev/zero", "exec sleep 100"},      // for the receiver
                            {"cat /dev/zero", "cat > /dev/null"}}) {  // for nothing
    const std::string& receiver = scripts.second;
    CAPTURE(receiver);
    auto ends = std::make_unique<Ends>(scripts.first, receiver);
    std::jthread stopper([&] {
      std::this_thread::sleep_for(100ms);
      ends->stop.request_stop();
    });
    const auto begun = steady_clock::now();
    const auto moved = ends->move();
    REQUIRE_FALSE(moved.has_value());
    CHECK(moved.error().remedy == Remedy::retry);
    CHECK(steady_clock::now() - begun < 2s);
    stopper.join();
    if (receiver == "exec sleep 100") ends->to->finish().has_value();  // ends it, being stopped
  }
  CHECK(no_children_left());
}

TEST_CASE("a receiver whose stream is cut sees the end of its input, and may finish what it does") {
  {
    Ends ends("head -c 100 /dev/zero; sleep 100", "cat > part; sleep 0.2; mv part received");
    TextSender from(std::string(5000, 'x'), 5000);
    REQUIRE(transfer(from, *ends.to, {}, {}, {}).has_value());
    const std::filesystem::path kept = ends.folder / "received";
    ends.to.reset();
    CHECK(content_of(kept).size() == 5000);
  }
  CHECK(no_children_left());
}

TEST_CASE("a process that writes a lot to stderr does not hold the stream up") {
  Ends ends("head -c 3000000 /dev/zero >&2; echo x; exit 3", "cat > received");
  CHECK(ends.move().value() == 2);
  CHECK(finish_both(*ends.from, *ends.to).error().message.find("status 3") != std::string::npos);
}

TEST_CASE("progress tells the bytes so far, and all of them at the end") {
  Ends ends("head -c 500000 /dev/zero", "cat > /dev/null");
  std::vector<std::uint64_t> seen;
  REQUIRE(transfer(*ends.from, *ends.to, [&](std::uint64_t bytes) { seen.push_back(bytes); },
                   at(1'000'000), {})
              .has_value());
  CHECK(seen.size() >= 2);
  CHECK(seen.size() <= 5);
  CHECK(seen.back() == 500'000);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("a rate is kept") {
  for (const bool pipes : {true, false}) {
    CAPTURE(pipes);
    Ends ends("head -c 1000000 /dev/zero", "cat > received");
    TextReceiver text;
    const auto begun = steady_clock::now();
    const auto moved = transfer(*ends.from, pipes ? *ends.to : static_cast<ReceiveStream&>(text),
                                {}, at(2'000'000), {});
    const std::chrono::duration<double> took = steady_clock::now() - begun;
    CHECK(moved.value() == 1'000'000);
    CHECK(took.count() > 0.5 * 0.95);
    CHECK(took.count() < 0.5 * 1.6);  // a busy machine may be late
  }
}

TEST_CASE("streams leave neither descriptors nor processes behind") {
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    Ends ends("cat /dev/zero", i % 2 == 0 ? "exit 1" : "cat > /dev/null");
    if (i % 2 == 0) (void)ends.move();
  }
  CHECK(open_descriptors() == before);
  CHECK(no_children_left());
}

}  // namespace zr
