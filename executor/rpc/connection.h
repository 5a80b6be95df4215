#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "executor/machine/descriptor.h"
#include "executor/result.h"
#include "executor/rpc/channel.h"
#include "executor/rpc/frame.h"
#include "executor/rpc/wire.h"

namespace zr {

struct ConnectionOptions {
  // Whether bodies are to have checksums. They have, unless neither end wants them.
  bool checksum = true;
  // How much of a body may be on its way. A connection over a distance needs as much as it takes
  // from one end to the other and back; in one machine a pipe's worth is the fastest.
  std::size_t window_bytes = std::size_t{8} << 20;
  std::chrono::milliseconds ping_after{10'000};
  // A peer that was not heard of for so long is gone; so is one whose frame took longer than this
  // to come, unless it is a piece of a body.
  std::chrono::milliseconds dead_after{25'000};
};

// Is given every call that comes, with its header, by the connection's thread, and must not keep
// it. Without one the peer may not call.
using OnCall = std::function<void(std::shared_ptr<Channel>, std::string header)>;

// Either end of the protocol (README.md) over any two descriptors: the one that calls, or with an
// OnCall the one that answers; several calls at once. A thread of its own reads. Safe from several
// threads.
class Connection {
 public:
  // Reads from the one and writes to the other, which are made nonblocking and are closed with
  // this.
  Connection(Descriptor in, Descriptor out, ConnectionOptions, OnCall on_call = {});
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  Result<CloseChannel> call(std::string_view header, bool body);

  // Waits until the other end has said that it speaks the protocol.
  Result<void> greeted(std::chrono::milliseconds at_most, const std::stop_token&);
  // Says why, unless it is empty, and ends; what is under way fails.
  void end(std::string_view why);
  // Returns once the connection has ended. Why, unless the peer just closed it.
  Result<void> wait();
  bool ended() const;

 private:
  void read_loop();
  std::optional<Error> read_hello();
  std::optional<Error> read_frame();
  std::optional<Error> read_payload(const FrameHeader&, std::string&);
  std::optional<Error> read_exactly(std::span<std::byte>, bool may_end);
  std::optional<Error> wait_to_read(std::chrono::steady_clock::time_point until);
  std::optional<Error> take(const FrameHeader&);
  std::optional<Error> take_header(const FrameHeader&, std::string payload);
  std::optional<Error> take_call(const FrameHeader&, std::string header);
  std::optional<Error> take_data(const FrameHeader&);
  std::optional<Error> take_rest(const FrameHeader&, std::string_view payload);
  void finish(Error);

  std::shared_ptr<Channel> open(std::uint32_t id, Channel::Side);
  std::shared_ptr<Channel> find(std::uint32_t id) const;

  // What channels use as well, which may outlive the connection.
  struct Shared {
    Shared(Descriptor fd, std::chrono::milliseconds patience)
        : out(std::move(fd)), writer(out.get(), ended, patience) {}

    const Descriptor out;
    Ended ended;
    FrameWriter writer;
    std::mutex mutex;
    std::condition_variable_any changed;  // any of what follows
    std::map<std::uint32_t, std::shared_ptr<Channel>> channels;
    std::optional<Agreement> agreement;
    std::optional<Error> failed;
    bool ending = false;
    bool closed_cleanly = false;
    std::uint32_t last_id = 0;
  };

  const ConnectionOptions options_;
  const OnCall on_call_;
  const Descriptor in_;
  const std::shared_ptr<Shared> shared_;
  std::mutex call_mutex_;  // calls reach the peer in the order of their numbers

  // Of the thread that reads.
  std::vector<std::byte> scratch_;
  std::chrono::steady_clock::time_point heard_at_;
  std::string partial_;  // a header of which more comes
  std::optional<FrameHeader> partial_of_;

  std::mutex join_mutex_;
  std::thread reader_;  // the last: it uses what is above
};

}  // namespace zr
