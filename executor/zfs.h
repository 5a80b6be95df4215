#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "executor/result.h"
#include "executor/roots.h"
#include "planner/change.h"
#include "planner/plan.h"
#include "planner/world.h"

namespace zr {

// A stream to read. Exactly one of two ways: where fd() is not -1 it is a pipe for splice(2), and
// taken() is to be told what was moved out of it; otherwise read(), at most until fd() is asked
// for. Destroying an unfinished stream ends the sender.
class SendStream {
 public:
  virtual ~SendStream() = default;
  virtual int fd() const { return -1; }
  virtual void taken([[maybe_unused]] std::size_t bytes) {}
  // Where pours(), a third way: it moves itself into a pipe, until there is something to say, a
  // stop is requested or the time is over; the pipe is its to write to just as long. When the
  // reader of the pipe is gone, read() tells whether there was more.
  struct Poured {
    std::size_t bytes = 0;
    enum class Then { more, ended, reader_gone } then = Then::more;
  };
  virtual bool pours() const { return false; }
  virtual Result<Poured> pour([[maybe_unused]] int pipe,
                              [[maybe_unused]] std::chrono::steady_clock::time_point until,
                              [[maybe_unused]] const std::stop_token& stop) {
    return Poured{};
  }
  virtual Result<std::size_t> read(std::span<std::byte>) = 0;  // 0 at the end
  // After the end of the stream was read: whether it was all of it.
  virtual Result<void> finish() = 0;
};

// A stream to write, likewise; one that has to see how the stream begins is no pipe until that was
// written. One that is no pipe itself may take what is in one. Destroying one that was not finished
// cuts it: what has arrived is kept for a resume.
class ReceiveStream {
 public:
  virtual ~ReceiveStream() = default;
  virtual int fd() const { return -1; }
  virtual bool takes_pipes() const { return false; }
  // At most so much of what is in the pipe now; 0 when nothing is. Only where takes_pipes().
  virtual Result<std::size_t> take([[maybe_unused]] int pipe, [[maybe_unused]] std::size_t most) {
    return std::size_t{0};
  }
  virtual Result<void> write(std::span<const std::byte>) = 0;
  // Ends the input and waits until everything has landed.
  virtual Result<void> finish() = 0;
};

// Guids are filled in where the plan did not know them yet; a version whose guid is not the one
// given is an error with Remedy::replan, and nothing is sent.
using SendRequest = std::variant<Send, Resume>;

struct ReceiveRequest {
  DatasetName target;
  bool over_placeholder = false;  // replace an empty placeholder; checked again right before
  bool resuming = false;
  std::map<std::string, std::string> set;
  std::vector<std::string> exclude;
  // The target comes into being as a clone of it.
  std::optional<CloneOrigin> clone_of = std::nullopt;
};

// One host's ZFS. Used by one thread at a time. Every call is idempotent: "already so" is success
// (a snapshot, bookmark or hold that is there, a version or a hold that is gone, a dataset that has
// its new name).
class Zfs {
 public:
  virtual ~Zfs() = default;

  // Sorted. Facts only; nothing is changed.
  virtual Result<Inventory> list(const Roots&) = 0;

  // Carries the changes out in order, those of one kind in as few commands as ZFS allows; snapshots
  // of one pool in one atomic command. All changes are of one kind and independent of each other.
  // Guids are verified right before destroying, releasing, rolling back, renaming and aborting: a
  // change whose version has another guid does nothing and makes the call fail with
  // Remedy::replan. On an error some of the changes may have been done; doing them one by one again
  // is safe and tells which. Every VersionRef has its guid here.
  virtual Result<void> apply(std::span<const Change>) = 0;

  virtual Result<std::unique_ptr<SendStream>> send(const SendRequest&) = 0;
  virtual Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest&) = 0;
};

// Opens a connection to a host's ZFS. Called from several threads at once.
using Connect = std::function<Result<std::unique_ptr<Zfs>>(const HostName&)>;

}  // namespace zr
