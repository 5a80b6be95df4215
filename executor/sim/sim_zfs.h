#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "executor/sim/sim_file.h"
#include "executor/zfs.h"

namespace zr {

struct SimOptions {
  // A snapshot's creation. The plan's `now`, so that a rehearsal can be repeated.
  Seconds now;
  // How long the stand-in for a snapshot's data may be in a stream.
  std::uint64_t max_filler_bytes = 64 * 1024;
};

// One host's ZFS that exists only in a SimFile, with the semantics of ZFS (README.md beside this
// says which, and which not). Several may be used at once, in several threads.
class SimZfs final : public Zfs {
 public:
  // An error where the file has no such host.
  static Result<std::unique_ptr<SimZfs>> open(std::shared_ptr<SimFile>, HostName, SimOptions);

  Result<Inventory> list(const Roots&) override;
  Result<void> apply(std::span<const Change>) override;
  Result<std::unique_ptr<SendStream>> send(const SendRequest&) override;
  Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest&) override;

 private:
  SimZfs(std::shared_ptr<SimFile>, HostName, SimOptions);
  Result<void> present(const SimState&) const;

  const std::shared_ptr<SimFile> file_;
  const HostName host_;
  const SimOptions options_;
};

}  // namespace zr
