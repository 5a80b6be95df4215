#pragma once

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "executor/rpc/call.h"
#include "executor/rpc/channel_streams.h"
#include "executor/rpc/connection.h"
#include "executor/run/transfer.h"
#include "tests/executor/rpc_peer.h"

namespace zr {

// Bytes that are the same for the same number, without a period that hides one gone astray.
inline std::string body_of(std::size_t bytes) {
  std::string body(bytes, '\0');
  std::uint64_t state = 0x9e3779b97f4a7c15 ^ bytes;
  for (std::size_t at = 0; at < bytes; at += sizeof state) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    std::memcpy(body.data() + at, &state, std::min(sizeof state, bytes - at));
  }
  return body;
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// A text to send that is in memory.
class FromText final : public SendStream {
 public:
  explicit FromText(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<std::byte> to) override {
    const std::size_t n = std::min(to.size(), text_.size() - at_);
    std::copy_n(bytes_of(text_).begin() + static_cast<std::ptrdiff_t>(at_), n, to.begin());
    at_ += n;
    return n;
  }
  Result<void> finish() override { return {}; }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

// One that comes out of a pipe.
class FromPipe final : public SendStream {
 public:
  explicit FromPipe(std::string text)
      : pipe_(std::move(make_pipe().value())), thread_([this, text = std::move(text)] {
          const SigpipeGuard guard;
          std::string_view left = text;
          while (!left.empty()) {
            const ssize_t n = ::write(pipe_.write.get(), left.data(), left.size());
            if (n <= 0) break;
            left.remove_prefix(static_cast<std::size_t>(n));
          }
          pipe_.write.reset();
        }) {}
  ~FromPipe() override {
    pipe_.read.reset();
    thread_.join();
  }
  FromPipe(const FromPipe&) = delete;
  FromPipe& operator=(const FromPipe&) = delete;
  int fd() const override { return pipe_.read.get(); }
  Result<std::size_t> read(std::span<std::byte> to) override {
    const ssize_t n = ::read(pipe_.read.get(), to.data(), to.size());
    if (n < 0) return Error{Remedy::give_up, "the test's pipe"};
    return static_cast<std::size_t>(n);
  }
  Result<void> finish() override { return {}; }

 private:
  Pipe pipe_;
  std::thread thread_;
};

class IntoText final : public ReceiveStream {
 public:
  Result<void> write(std::span<const std::byte> bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  Result<void> finish() override { return {}; }
  std::string text;
};

class IntoPipe final : public ReceiveStream {
 public:
  IntoPipe()
      : pipe_(std::move(make_pipe().value())), thread_([this] {
          std::string piece(65536, '\0');
          for (;;) {
            const ssize_t n = ::read(pipe_.read.get(), piece.data(), piece.size());
            if (n <= 0) return;
            text.append(piece, 0, static_cast<std::size_t>(n));
          }
        }) {}
  ~IntoPipe() override { (void)finish(); }
  IntoPipe(const IntoPipe&) = delete;
  IntoPipe& operator=(const IntoPipe&) = delete;
  int fd() const override { return pipe_.write.get(); }
  Result<void> write(std::span<const std::byte>) override {
    return Error{Remedy::give_up, "it is a pipe"};
  }
  Result<void> finish() override {
    pipe_.write.reset();
    if (thread_.joinable()) thread_.join();
    return {};
  }
  std::string text;  // once finished

 private:
  Pipe pipe_;
  std::thread thread_;
};

// All of a body that comes, by the way that is asked for.
inline Result<std::string> read_body(Channel& channel, bool by_pipe,
                                     const std::stop_token& stop = {}) {
  ChannelReader from(channel, stop);
  if (by_pipe) {
    IntoPipe to;
    if (auto moved = transfer(from, to, {}, {}, stop); !moved) return moved.error();
    if (auto ok = finish_both(from, to); !ok) return ok.error();
    return std::move(to.text);
  }
  IntoText to;
  if (auto moved = transfer(from, to, {}, {}, stop); !moved) return moved.error();
  if (auto ok = finish_both(from, to); !ok) return ok.error();
  return std::move(to.text);
}

inline Result<void> write_body(Channel& channel, std::string body, bool by_pipe,
                               const std::stop_token& stop = {}) {
  std::unique_ptr<SendStream> from;
  if (by_pipe) {
    from = std::make_unique<FromPipe>(std::move(body));
  } else {
    from = std::make_unique<FromText>(std::move(body));
  }
  ChannelWriter to(channel, stop);
  if (auto moved = transfer(*from, to, {}, {}, stop); !moved) return moved.error();
  return finish_both(*from, to);
}

inline std::size_t number_in(std::string_view text) {
  std::size_t n = 0;
  const auto at = text.find_first_of("0123456789");
  if (at != text.npos) std::from_chars(text.data() + at, text.data() + text.size(), n);
  return n;
}

// Answers every call by a thread of its own.
class Answering {
 public:
  using Answer = std::function<void(Channel&, const std::string& header)>;
  explicit Answering(Answer answer) : answer_(std::move(answer)) {}
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;
  ~Answering() { join(); }

  OnCall on_call() {
    return [this](std::shared_ptr<Channel> channel, std::string header) {
      const std::lock_guard lock(mutex_);
      threads_.emplace_back([this, channel = CloseChannel(std::move(channel)),
                             header = std::move(header)] { answer_(*channel.channel, header); });
    };
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  const Answer answer_;
  std::mutex mutex_;
  std::list<std::thread> threads_;
};

// What most of the tests ask for: `down N` is answered with a body of N bytes, `up N` takes one and
// says whether it was that, anything else is said again.
inline void answer_bodies(Channel& channel, const std::string& header, bool by_pipe) {
  if (header.starts_with("down")) {
    if (channel.send_header("a body", true)) {
      (void)write_body(channel, body_of(number_in(header)), by_pipe, channel.stop());
    }
  } else if (header.starts_with("up")) {
    const auto body = read_body(channel, by_pipe, channel.stop());
    const std::string said = !body ? "error: " + body.error().message
                             : *body == body_of(number_in(header)) ? "the same"
                                                                   : "something else";
    (void)channel.send_header(said, false);
  } else {
    (void)channel.send_header(header, false);
  }
}

inline Result<std::string> ask(Connection& connection, std::string_view header) {
  auto channel = connection.call(header, false);
  if (!channel) return channel.error();
  auto said = (*channel)->next_header(std::stop_token());
  if (said) (*channel)->answered();
  return said;
}

inline Result<std::string> download(Connection& connection, std::size_t bytes, bool by_pipe) {
  auto channel = connection.call("down " + std::to_string(bytes), false);
  if (!channel) return channel.error();
  if (auto said = (*channel)->next_header(std::stop_token()); !said) return said.error();
  auto body = read_body(*channel->channel, by_pipe);
  if (body) (*channel)->answered();
  return body;
}

inline Result<std::string> upload(Connection& connection, std::size_t bytes, bool by_pipe) {
  auto channel = connection.call("up " + std::to_string(bytes), true);
  if (!channel) return channel.error();
  if (auto ok = write_body(*channel->channel, body_of(bytes), by_pipe); !ok) return ok.error();
  auto said = (*channel)->next_header(std::stop_token());
  if (said) (*channel)->answered();
  return said;
}

}  // namespace zr
