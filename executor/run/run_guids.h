#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "executor/result.h"
#include "executor/zfs.h"
#include "planner/plan.h"

namespace zr {

// The guids of the versions that come into being during a run, as ZFS told them: the plan refers to
// them by name alone. Only what the plan asks for is kept. Safe from several threads.
class Guids {
 public:
  // The plan outlives this.
  explicit Guids(const Plan&);

  // Whether anything in the plan waits for a guid of this version.
  bool wants(const HostName&, const DatasetName&, VersionKind, const std::string& name) const;
  void learn(const HostName&, const DatasetName&, VersionKind, const std::string& name, Guid);
  void learn(const HostName&, const Dataset&);

  // The step's action with every guid filled in, and a cursor's name; an error (replan) where one
  // can't be known. `step` is no end of a stream, or is a sending one, respectively.
  Result<Change> change_of(const Step&) const;
  Result<SendRequest> request_of(const Step&) const;

 private:
  using Key = std::tuple<HostName, DatasetName, VersionKind, std::string>;

  std::optional<Error> fill(const Step&, VersionRef&) const;

  const Plan& plan_;
  mutable std::mutex mutex_;
  std::map<Key, std::optional<Guid>> known_;
};

}  // namespace zr
