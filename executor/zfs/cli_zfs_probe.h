#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/zfs/zfs_command.h"
#include "executor/zfs/zfs_listing.h"
#include "planner/change.h"

namespace zr {

// What is there right now, looked up by name before something relies on it.

// Guids and numbers of user holds of versions. Names that do not exist are not in it.
class VersionFacts {
 public:
  static Result<VersionFacts> look_up(const ZfsCommand&, const std::vector<std::string>& names);

  std::optional<Guid> guid_of(const std::string& name) const;
  bool has_holds(const std::string& name) const;
  // Whether the version is there as the step saw it. One of that name with another guid is
  // Remedy::replan, and so is a reference without a guid.
  Result<bool> is_there(const DatasetName&, const VersionRef&) const;
  // The same where it has to be there.
  Result<void> require(const DatasetName&, const VersionRef&) const;

 private:
  Properties properties_;
};

// Tags of the snapshots, by full name.
Result<Holds> look_up_holds(const ZfsCommand&, const std::vector<std::string>& snapshots);
bool has_tag(const Holds&, const DatasetName&, const std::string& snapshot, std::string_view tag);

// What `zfs list` says with these commands, into datasets that are sorted. The full names of the
// snapshots that have user holds.
Result<std::vector<std::string>> read_versions(const ZfsCommand&, const std::vector<Argv>& commands,
                                               Inventory& into);

struct DatasetFacts {
  Guid guid;
  DatasetType type;
};
// By name; those that do not exist are not in it.
Result<std::map<std::string, DatasetFacts>> look_up_datasets(const ZfsCommand&,
                                                             const std::vector<std::string>& names);

struct PlaceholderFacts {
  bool exists = false;
  bool marked = false;  // zrepl:placeholder=on, set here
  bool has_snapshots = false;
};
Result<PlaceholderFacts> look_up_placeholder(const ZfsCommand&, const DatasetName&);

// None: no such dataset, or no partially received state.
Result<std::optional<ResumeToken>> look_up_token(const ZfsCommand&, const DatasetName&);

struct VersionList {
  std::vector<Version> versions;  // sorted, without the holds
  std::vector<std::string> held;  // full names of those that have user holds
};
// Of one dataset; empty where there is no such dataset.
Result<VersionList> look_up_versions(const ZfsCommand&, const DatasetName&);

}  // namespace zr
