#include "executor/rpc/channel_streams.h"

#include <unistd.h>

#include <cerrno>

#include "executor/rpc/call.h"

namespace zr {

int ChannelReader::fd() const {
  if (pipe_ < 0) pipe_ = channel_.inbox().pipe();
  return pipe_;
}

Result<std::size_t> ChannelReader::read(std::span<std::byte> to) {
  if (pipe_ < 0) return channel_.inbox().read(to, stop_);
  ssize_t n = -1;
  do {
    n = ::read(pipe_, to.data(), to.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) return Error{Remedy::retry, "can't read a pipe of our own"};
  if (n > 0) taken(static_cast<std::size_t>(n));
  return static_cast<std::size_t>(n);
}

Result<void> ChannelReader::finish() {
  const auto trailer = channel_.inbox().finish();
  if (!trailer) return trailer.error();
  if (!trailer->failed) return {};
  if (!trailer->why.empty()) {
    if (auto why = reply_from_json(trailer->why); !why) return why;
  }
  return Error{Remedy::retry, "the other end broke off"};
}

}  // namespace zr
