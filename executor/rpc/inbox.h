#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "executor/machine/descriptor.h"
#include "executor/result.h"
#include "executor/rpc/checksum.h"
#include "executor/rpc/frame.h"
#include "executor/zfs.h"

namespace zr {

// Called without a lock held: so many bytes more may come.
using GiveCredit = std::function<void(std::uint32_t bytes)>;

// A message's body as it comes in: the connection's thread fills it, one other thread reads it.
// What was not read yet is in a pipe or, where that is full, in memory; never more than the window,
// since no more credit is given. While it is poured into somebody's pipe, the connection's thread
// moves what it can straight there, which saves a wakeup of the other thread for every piece; that
// one moves what did not fit, and gives the credit: the connection's thread must never wait for
// room to write, or both ends might.
class Inbox {
 public:
  using Clock = std::chrono::steady_clock;

  // How much may be on its way, and whether a checksum is demanded.
  Inbox(std::size_t window_bytes, bool checked, GiveCredit give_credit);

  // By the connection's thread. Whether so much may come.
  bool expect(std::size_t bytes);
  // Moves what is there, of what was expected; none when nothing is there yet, 0 at the
  // connection's end. `scratch` is where bytes pass that can't go the short way.
  std::optional<std::size_t> fill(int from, std::size_t most, std::span<std::byte> scratch);
  void end(Trailer);
  void fail(Error);  // nothing comes any more
  void drop();       // nobody reads it any more

  // By the reader. Exactly one of three ways, as in SendStream.
  Result<std::size_t> read(std::span<std::byte>, const std::stop_token&);
  int pipe();  // -1 when there is none to be had
  void taken(std::size_t bytes);
  Result<SendStream::Poured> pour(int pipe, Clock::time_point until, const std::stop_token&);
  // After the end: whether that was all of it, and what the sender says else.
  Result<Trailer> finish();

 private:
  void open(std::unique_lock<std::mutex>&);
  void keep(std::span<const std::byte>);
  void flush();
  void close_pipe_if_done();
  std::optional<std::size_t> fill_by_splice(int from, std::size_t most);
  std::optional<std::size_t> fill_by_copy(int from, std::size_t most, std::span<std::byte> scratch);
  std::optional<std::size_t> splice(int from, int to, std::size_t most);
  Result<void> make_own_pipe();
  bool credit_is_due() const;
  bool give_due_credit(std::unique_lock<std::mutex>&);
  // inbox_pour.cc
  SendStream::Poured pour_until(std::unique_lock<std::mutex>&, Clock::time_point until,
                                const std::stop_token&);
  bool goes_straight() const;
  bool is_behind() const;
  bool wants_pourer() const;
  void moved_to_sink(std::size_t bytes);
  void move_on();
  void wait_for_room(std::unique_lock<std::mutex>&, Clock::time_point until, int stop);
  void hold_what_is_left();

  const std::size_t window_bytes_;
  const bool checked_;
  const GiveCredit give_credit_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::byte> held_;  // from held_at_ on
  std::size_t held_at_ = 0;
  Pipe pipe_;
  Checksum checksum_;
  std::uint64_t bytes_ = 0;                    // that came
  std::size_t expected_ = first_credit_bytes;  // that may still come
  std::size_t taken_ = 0;                      // since credit was given last
  bool open_ = false;                          // somebody reads
  bool dropped_ = false;
  int sink_ = -1;            // where it is poured to just now
  bool sink_gone_ = false;   // it has no reader any more
  std::size_t in_pipe_ = 0;  // of pipe_, while that is what it is poured through
  std::size_t poured_ = 0;   // that the pourer was not told of
  std::optional<Trailer> trailer_;
  std::optional<Error> failed_;
};

}  // namespace zr
