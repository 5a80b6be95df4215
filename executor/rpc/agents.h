#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>

#include "executor/machine/machine.h"
#include "executor/rpc/answer.h"
#include "executor/rpc/connection.h"
#include "executor/zfs.h"
#include "lang/host.h"
#include "lang/names.h"

namespace zr {

// A connection to whoever answers behind a program's stdin and stdout; the program runs as long as
// the connection is used. Returns once the other end has said who it is. What the program says on
// stderr is part of the error when it has not.
Result<std::shared_ptr<Connection>> connect_by_program(std::shared_ptr<Machine>, const Argv&,
                                                       std::stop_token);

// The same protocol and the same answers, by a thread of this process.
Result<std::shared_ptr<Connection>> connect_within(OpenForCall);

// Where the answers of an agent in this process come from.
using DoorWithin = std::function<Result<OpenForCall>()>;

// The agent of a host, by its transport: a program, run by `local`; a login, by `machine`; or one
// in this process.
Result<std::shared_ptr<Connection>> connect_agent(
    const Host&, std::shared_ptr<Machine> local,
    const std::function<Result<std::shared_ptr<Machine>>(const HostName&)>& machine,
    const DoorWithin&, std::stop_token);

// A process's connections to agents: one for each host, which is shared by all who want that host,
// since it carries several calls at once. Safe from several threads.
class Agents {
 public:
  using Open = std::function<Result<std::shared_ptr<Connection>>()>;

  // Opens a connection where there is none that is sound.
  Result<std::unique_ptr<Zfs>> connect(const HostName&, const Open&, std::stop_token);

 private:
  struct Host {
    std::mutex mutex;  // held while opening
    std::shared_ptr<Connection> connection;
  };
  std::mutex mutex_;
  std::map<HostName, std::shared_ptr<Host>> hosts_;
};

}  // namespace zr
