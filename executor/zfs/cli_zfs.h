#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <span>
#include <stop_token>

#include "executor/machine/machine.h"
#include "executor/zfs.h"
#include "executor/zfs/zfs_command.h"

namespace zr {

struct CliZfsOptions {
  std::chrono::seconds command_timeout{600};  // of each command; a stream has none
};

// ZFS by way of zfs(8) on a host. `zfs` is how it is run there: {"zfs"}, {"sudo", "-n", "zfs"}.
// Every blocking call honours the stop token with Remedy::retry.
//
// Between a check of guids and the command that relies on it there is a moment in which another
// program could replace a snapshot by one of the same name; zfs(8) offers no way to close it.
class CliZfs final : public Zfs {
 public:
  CliZfs(std::shared_ptr<Machine> machine, Argv zfs, CliZfsOptions options, std::stop_token stop);

  Result<Inventory> list(const Roots&) override;
  Result<void> apply(std::span<const Change>) override;
  Result<std::unique_ptr<SendStream>> send(const SendRequest&) override;
  Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest&) override;

 private:
  struct Needed {
    const DatasetName& dataset;
    const VersionRef& version;
  };
  Result<void> check(const Send&) const;
  Result<void> check(const Resume&) const;
  Result<void> require(std::initializer_list<Needed>) const;  // with their guids

  std::shared_ptr<Machine> machine_;
  ZfsCommand zfs_;
};

}  // namespace zr
