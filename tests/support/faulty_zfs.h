#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "executor/zfs.h"

namespace zr {

// What is to go wrong, shared by all the FaultyZfs of a run. Calls (list, apply, send, receive, and
// the finish of each end of a stream) and the bytes that reach receivers are counted from 1 since
// the last reset. After a crash everything fails until the reset, as for a process that was killed:
// streams are cut at exactly that byte, and a call was done (but nobody knows) or was not.
class Faults {
 public:
  enum class Crash { before_it, after_it };
  void fail_call(std::uint64_t n, Error);
  void crash_at_call(std::uint64_t n, Crash);
  // The receiver gets bytes 1 to n - 1.
  void fail_byte(std::uint64_t n, Error);
  void crash_at_byte(std::uint64_t n);
  // A new life: nothing is to go wrong, and the counts are zero.
  void reset();

  std::uint64_t calls() const;
  std::uint64_t bytes() const;
  bool crashed() const;  // a crash that was asked for has happened

  // For FaultyZfs. How a call ends: as it would, or with `error`, after it was done or before.
  struct Fate {
    bool done = true;
    std::optional<Error> error;
  };
  Fate next_call();
  // How many of the next `n` bytes get through, and whether that was the end.
  struct Passage {
    std::size_t bytes = 0;
    std::optional<Error> error;
  };
  Passage pass(std::size_t n);

 private:
  struct Fault {
    std::uint64_t at;
    Error error;
    bool crash = false;
    bool done = false;
  };

  mutable std::mutex mutex_;
  std::optional<Fault> call_fault_, byte_fault_;
  std::uint64_t calls_ = 0, bytes_ = 0;
  bool crashed_ = false;
};

// Any Zfs, as far as the faults let it.
class FaultyZfs final : public Zfs {
 public:
  FaultyZfs(std::unique_ptr<Zfs> inner, std::shared_ptr<Faults> faults)
      : inner_(std::move(inner)), faults_(std::move(faults)) {}

  Result<Inventory> list(const Roots&) override;
  Result<void> apply(std::span<const Change>) override;
  Result<std::unique_ptr<SendStream>> send(const SendRequest&) override;
  Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest&) override;

 private:
  std::unique_ptr<Zfs> inner_;
  std::shared_ptr<Faults> faults_;
};

// Connections that have these faults; after a crash there are none.
Connect with_faults(Connect, std::shared_ptr<Faults>);

}  // namespace zr
