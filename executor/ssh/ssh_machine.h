#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "executor/machine/machine.h"
#include "lang/host.h"
#include "lang/names.h"

namespace zr {

// A machine at the other end of an SSH connection of its own. Its processes' streams are pipes, as
// those of one that runs here are; programs run in the C locale, and are looked for where zfs(8)
// usually is, too. Once the connection is gone everything is Remedy::reconnect.
class SshMachine : public Machine {
 public:
  // False once anything was Remedy::reconnect.
  virtual bool is_sound() const = 0;
};

// `folder` is the site file's, where relative names of files are found. Errors of logging in are
// those of ssh_login().
Result<std::unique_ptr<SshMachine>> connect_ssh(const SshTransport&,
                                                const std::filesystem::path& folder,
                                                std::stop_token);

// A process's connections: one that its user lets go of is kept for the next who wants that host,
// since logging in takes longer than most commands. Safe from several threads; may end before the
// machines that it gave.
class SshMachines {
 public:
  Result<std::shared_ptr<Machine>> connect(const HostName&, const SshTransport&,
                                           const std::filesystem::path& folder, std::stop_token);

 private:
  struct Idle {
    std::mutex mutex;
    std::map<HostName, std::vector<std::unique_ptr<SshMachine>>> of;
  };
  std::shared_ptr<Idle> idle_ = std::make_shared<Idle>();
};

}  // namespace zr
