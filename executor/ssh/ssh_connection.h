#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "executor/machine/descriptor.h"
#include "executor/result.h"
#include "executor/ssh/ssh_login.h"

namespace zr {

// Files that get what the programs of a connection read and write, as it comes: for debugging.
struct SshLogs {
  std::optional<std::filesystem::path> read;   // what came from the host
  std::optional<std::filesystem::path> write;  // what went there
};

// How a program ended, told by one thread to another.
struct SshEnding {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<int>> ended;

  void end(Result<int> how) {
    const std::scoped_lock lock(mutex);
    if (!ended) ended = std::move(how);
    changed.notify_all();
  }
};

// A program to be run at the other end. The pipes are taken by the connection; nonblocking.
struct SshProgram {
  std::string command;  // as remote_command() writes it
  Descriptor in;        // read from
  Descriptor out, err;  // written to
  SshEnding ending;
};

// A connection that a thread of its own serves, the only one that touches libssh. Several programs
// may run at once. A peer that has said nothing for 25 seconds, asked whether it is there, counts
// as dead: what runs ends with Remedy::reconnect. Safe from several threads.
class SshConnection {
 public:
  virtual ~SshConnection() = default;
  // False when the connection is gone; why_gone() says why.
  virtual bool add(std::shared_ptr<SshProgram>) = 0;
  // Ends a program that was added. Its ending tells when that is done.
  virtual void end(const SshProgram&) = 0;
  // False once anything that ran over it ended with Remedy::reconnect.
  virtual bool is_sound() const = 0;
  virtual std::string why_gone() const = 0;
};
Result<std::shared_ptr<SshConnection>> serve_connection(SshSession, const SshLogs&);

}  // namespace zr
