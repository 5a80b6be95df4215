#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "executor/result.h"
#include "executor/zfs/zfs_lines.h"
#include "lang/names.h"
#include "planner/delegation.h"

namespace zr {

// What `zfs allow DATASET` prints: what is delegated on a dataset and on those above it. Create
// time permissions are left out: they are nobody's before something is made.

enum class Who { user, group, everyone };

struct Grant {
  Who who{};
  std::string name;  // of everyone: empty
  Scope scope{};
  std::set<std::string> permissions;  // those with an @ are sets
  bool operator==(const Grant&) const = default;
};

struct DatasetGrants {
  std::map<std::string, std::set<std::string>> sets;  // "@backup" -> what is in it
  std::vector<Grant> grants;
  bool operator==(const DatasetGrants&) const = default;
};

using Grants = std::map<DatasetName, DatasetGrants>;

// Is fed pieces of any size, then finished. A line that zfs would not print is an error that names
// the line. Pure; safe on hostile bytes.
class GrantReader {
 public:
  GrantReader();
  Result<void> feed(std::string_view text) { return lines_.feed(text); }
  Result<Grants> finish();

 private:
  enum class Section { none, sets, create_time, itself, below, all };

  Result<void> on_line(std::string_view line);
  Result<void> begin_dataset(std::string_view line);
  bool begin_section(std::string_view line);
  bool take_set(std::string_view line);
  bool take_grant(std::string_view line);

  LineReader lines_;
  Grants grants_;
  DatasetGrants* dataset_ = nullptr;  // the one whose heading came last
  Section section_ = Section::none;
};

}  // namespace zr
