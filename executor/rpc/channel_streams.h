#pragma once

#include <cstddef>
#include <span>
#include <stop_token>

#include "executor/rpc/channel.h"
#include "executor/zfs.h"

namespace zr {

// A body that comes, as a stream to read. The channel outlives it.
class ChannelReader final : public SendStream {
 public:
  ChannelReader(Channel& channel, std::stop_token stop)
      : channel_(channel), stop_(std::move(stop)) {}

  int fd() const override;  // the first call decides that it is a pipe
  Result<std::size_t> read(std::span<std::byte>) override;
  void taken(std::size_t bytes) override { channel_.inbox().taken(bytes); }
  bool pours() const override { return pipe_ < 0; }
  Result<Poured> pour(int pipe, std::chrono::steady_clock::time_point until,
                      const std::stop_token& stop) override {
    return channel_.inbox().pour(pipe, until, stop);
  }
  Result<void> finish() override;

 private:
  Channel& channel_;
  std::stop_token stop_;
  mutable int pipe_ = -1;
};

// A body that goes, as a stream to write. The channel outlives it.
class ChannelWriter final : public ReceiveStream {
 public:
  ChannelWriter(Channel& channel, std::stop_token stop)
      : channel_(channel), stop_(std::move(stop)) {}

  bool takes_pipes() const override { return true; }
  Result<std::size_t> take(int pipe, std::size_t most) override {
    return channel_.splice(pipe, most, stop_);
  }
  Result<void> write(std::span<const std::byte> bytes) override {
    return channel_.write(bytes, stop_);
  }
  Result<void> finish() override { return channel_.end(); }

 private:
  Channel& channel_;
  std::stop_token stop_;
};

}  // namespace zr
