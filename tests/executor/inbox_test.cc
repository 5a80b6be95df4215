// A body on its way from a connection to the pipe of whoever consumes it, at whatever pace either
// of them has.
#include "executor/rpc/inbox.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "tests/executor/rpc_bodies.h"
#include "tests/executor/rpc_peer.h"

namespace zr {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Then = SendStream::Poured::Then;

constexpr std::size_t window = std::size_t{512} << 10;

struct Rhythm {
  std::size_t piece = 65536;
  unsigned pause_every = 0;  // pieces; 0: never
  void step(unsigned n) const {
    if (pause_every > 0 && n % pause_every == 0) std::this_thread::sleep_for(1ms);
  }
};

// A body that comes through a pipe as a connection would bring it: never more than there is credit
// for, and the end after the last byte.
class Coming {
 public:
  Coming(std::string body, Rhythm rhythm, bool checked = false)
      : inbox_(window, checked, [this](std::uint32_t more) { credit_ += more; }),
        body_(std::move(body)),
        rhythm_(rhythm),
        feeder_([this] { feed(); }) {}
  ~Coming() {
    given_up_ = true;
    feeder_.join();
  }
  Coming(const Coming&) = delete;
  Coming& operator=(const Coming&) = delete;

  Inbox& operator*() { return inbox_; }

 private:
  void feed() {
    const SigpipeGuard guard;
    Pipe pipe = make_pipe().value();
    set_nonblocking(pipe.read.get());
    std::array<std::byte, 4096> scratch;
    Checksum checksum;
    std::size_t sent = 0;
    for (unsigned n = 1; sent < body_.size() && !given_up_; ++n) {
      const std::size_t piece = std::min({rhythm_.piece, body_.size() - sent, credit_.load()});
      if (piece == 0) {
        std::this_thread::sleep_for(100us);
        continue;
      }
      rhythm_.step(n);
      credit_ -= piece;
      if (!inbox_.expect(piece)) std::abort();
      const auto bytes = bytes_of(body_).subspan(sent, piece);
      checksum.add(bytes);
      for (std::size_t written = 0; written < piece;) {
        // Less than a pipe has room for.
        const std::size_t some = std::min<std::size_t>(piece - written, 32768);
        if (::write(pipe.write.get(), bytes.data() + written, some) < 0) std::abort();
        for (std::size_t left = some; left > 0;) {
          left -= inbox_.fill(pipe.read.get(), left, scratch).value_or(0);
        }
        written += some;
      }
      sent += piece;
    }
    inbox_.end({sent, checksum.value(), false, {}});
  }

  Inbox inbox_;
  const std::string body_;
  const Rhythm rhythm_;
  std::atomic<std::size_t> credit_ = first_credit_bytes;
  std::atomic<bool> given_up_ = false;
  std::thread feeder_;
};

// Who reads a pipe of that size at that pace, up to some number of bytes.
class Consumer {
 public:
  Consumer(int pipe_bytes, Rhythm rhythm, std::size_t most = std::size_t(-1))
      : pipe_(std::move(make_pipe().value())) {
    ::fcntl(pipe_.write.get(), F_SETPIPE_SZ, pipe_bytes);
    thread_ = std::thread([this, rhythm, most] {
      std::string piece(rhythm.piece, '\0');
      for (unsigned n = 1; text_.size() < most; ++n) {
        rhythm.step(n);
        const ssize_t got =
            ::read(pipe_.read.get(), piece.data(), std::min(piece.size(), most - text_.size()));
        if (got <= 0) break;
        text_.append(piece, 0, static_cast<std::size_t>(got));
      }
      pipe_.read.reset();
    });
  }
  ~Consumer() { (void)text(); }
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  int pipe() const { return pipe_.write.get(); }
  const std::string& text() {
    pipe_.write.reset();
    if (thread_.joinable()) thread_.join();
    return text_;
  }

 private:
  Pipe pipe_;
  std::string text_;
  std::thread thread_;
};

// Pours until something else than the time is over.
SendStream::Poured pour_all(Inbox& inbox, int pipe, Clock::duration at_a_time = 10ms,
                            const std::stop_token& stop = {}) {
  SendStream::Poured all;
  for (;;) {
    const auto poured = inbox.pour(pipe, Clock::now() + at_a_time, stop);
    REQUIRE(poured);
    all.bytes += poured->bytes;
    all.then = poured->then;
    if (all.then != Then::more || stop.stop_requested()) return all;
  }
}

}  // namespace

TEST_CASE("a body is poured whole, whatever the pace of its sender and of its consumer") {
  const HangsNot watch;
  rc::check([] {
    const auto paced = [] {
      return Rhythm{*rc::gen::element<std::size_t>(1000, 4096, 30'000, 65'536, 200'000),
                    *rc::gen::element(0U, 5U, 30U)};
    };
    const Rhythm sender = paced();
    const Rhythm consumer = paced();
    const auto size = *rc::gen::inRange<std::size_t>(0, 700'000);
    const bool checked = *rc::gen::arbitrary<bool>();
    Coming coming(body_of(size), sender, checked);
    Consumer sink(*rc::gen::element(4096, 65'536, 1 << 20), consumer);
    const auto poured = pour_all(*coming, sink.pipe(), 100us * *rc::gen::element(1, 10, 500));
    RC_ASSERT(poured.then == Then::ended);
    RC_ASSERT(poured.bytes == size);
    RC_ASSERT(sink.text() == body_of(size));
    RC_ASSERT((*coming).finish().has_value());
  });
}

TEST_CASE("the head of a body may be read before the rest is poured, or moved through a pipe") {
  const HangsNot watch;
  for (const std::size_t head : {std::size_t{1}, std::size_t{40}, std::size_t{100'000}}) {
    CAPTURE(head);
    Coming coming(body_of(2'000'000), {});
    std::string whole(head, '\0');
    for (std::size_t n = 0; n < head;) {
      n += (*coming).read(std::as_writable_bytes(std::span(whole)).subspan(n), {}).value();
    }
    Consumer sink(65'536, {});
    CHECK(pour_all(*coming, sink.pipe()).bytes == 2'000'000 - head);
    whole += sink.text();
    CHECK(whole == body_of(2'000'000));
    CHECK((*coming).finish().has_value());
  }
}

TEST_CASE("pouring stops at its time and goes on from there") {
  const HangsNot watch;
  Coming coming(body_of(3'000'000), {65536, 1});
  Consumer sink(4096, {4096, 50});
  unsigned times = 0;
  std::size_t bytes = 0;
  for (Then then = Then::more; then == Then::more; ++times) {
    const auto poured = (*coming).pour(sink.pipe(), Clock::now() + 2ms, {});
    REQUIRE(poured);
    bytes += poured->bytes;
    then = poured->then;
  }
  CHECK(times > 3);
  CHECK(bytes == 3'000'000);
  CHECK(sink.text() == body_of(3'000'000));
}

TEST_CASE("a consumer that goes away in the middle is told of, and what was not poured is read") {
  const HangsNot watch;
  for (const std::size_t takes : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}}) {
    CAPTURE(takes);
    Coming coming(body_of(2'000'000), {});
    Consumer sink(4096, {}, takes);
    const auto poured = pour_all(*coming, sink.pipe());
    CHECK(poured.then == Then::reader_gone);
    std::array<std::byte, 1> one;
    const auto more = (*coming).read(one, {});
    REQUIRE(more);
    CHECK(*more == 1);
  }
}

TEST_CASE("a consumer that goes away while nothing comes is told of") {
  const HangsNot watch;
  Coming coming(body_of(2'000'000), {65536, 0});
  {
    Consumer first(65536, {}, 50'000);
    CHECK(pour_all(*coming, first.pipe()).then == Then::reader_gone);
  }
  Inbox silent(window, false, [](std::uint32_t) {});
  Consumer gone(65536, {}, 0);
  std::this_thread::sleep_for(5ms);
  CHECK(pour_all(silent, gone.pipe()).then == Then::reader_gone);
}

TEST_CASE("a stop ends the pouring at once, whether a sender or a consumer is waited for") {
  const HangsNot watch;
  for (const bool sender_is_silent : {true, false}) {
    CAPTURE(sender_is_silent);
    Inbox silent(window, false, [](std::uint32_t) {});
    Coming coming(body_of(2'000'000), {});
    const Pipe nobody_reads = make_pipe().value();
    std::stop_source stop;
    std::thread stopper([&] {
      std::this_thread::sleep_for(20ms);
      stop.request_stop();
    });
    const auto begun = Clock::now();
    const auto poured = (sender_is_silent ? silent : *coming)
                            .pour(nobody_reads.write.get(), begun + 1min, stop.get_token());
    stopper.join();
    REQUIRE(poured);
    CHECK(poured->then == Then::more);
    CHECK(Clock::now() - begun < 30s);
  }
}

TEST_CASE("what a connection lost is not taken for the end of the body") {
  const HangsNot watch;
  Inbox inbox(window, false, [](std::uint32_t) {});
  Consumer sink(65536, {});
  std::thread loses([&] {
    std::this_thread::sleep_for(5ms);
    inbox.fail({Remedy::reconnect, "lost"});
  });
  CHECK(pour_all(inbox, sink.pipe()).then == Then::ended);
  loses.join();
  const auto finished = inbox.finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().message == "lost");
}

}  // namespace zr
