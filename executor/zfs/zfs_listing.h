#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "executor/result.h"
#include "executor/zfs/zfs_lines.h"
#include "planner/world.h"

namespace zr {

// Readers of what zfs(8) prints with -H: lines of fields with a tab between them. Each is fed
// pieces of any size, then finished; neither keeps more than what it reads out. Names are checked.
// A line that zfs would not print is an error that names the line. Pure; safe on hostile bytes.

// What DatasetReader wants to be asked for, and VersionReader.
inline constexpr std::string_view dataset_properties =
    "type,guid,origin,encryptionroot,keystatus,compression,written,receive_resume_token,zrepl:"
    "placeholder";
inline constexpr std::string_view version_columns =
    "name,guid,createtxg,creation,userrefs,clones,written";

// `zfs get -Hp -o name,property,value,source`. By `get`, since only the source tells a placeholder
// from what is below one: children inherit user properties.
class DatasetReader {
 public:
  DatasetReader();
  Result<void> feed(std::string_view text) { return lines_.feed(text); }
  // Sorted, without versions.
  Result<Inventory> finish();

 private:
  Result<void> on_line(std::string_view line);
  Result<void> begin_dataset(std::string_view line, std::string_view name);
  Result<void> set(std::string_view line, std::string_view property, std::string_view value,
                   std::string_view source);
  Result<void> end_dataset();

  LineReader lines_;
  Inventory inventory_;
  unsigned seen_ = 0;  // of the last dataset: a bit for each property
};

// `zfs list -Hp -o <version_columns>`, into the datasets of an inventory that is sorted and
// outlives this. Versions of datasets that are not in it (they came into being in between) are left
// out.
class VersionReader {
 public:
  explicit VersionReader(Inventory&);
  Result<void> feed(std::string_view text) { return lines_.feed(text); }
  Result<void> finish();
  // Full names of the snapshots that have user holds.
  const std::vector<std::string>& held() const { return held_; }

 private:
  Result<void> on_line(std::string_view line);
  Result<bool> select_dataset(std::string_view line, std::string_view name);

  LineReader lines_;
  Inventory& inventory_;
  Dataset* dataset_ = nullptr;  // the one of the line before, none: not in the inventory
  std::string dataset_name_;
  std::vector<std::string> held_;
};

// Tags of user holds, by dataset and then by the part of the snapshot's name after the '@'.
using Holds = std::map<std::string, std::unordered_map<std::string, std::vector<std::string>>>;

// `zfs holds -H`: snapshot, tag, time.
class HoldReader {
 public:
  HoldReader();
  Result<void> feed(std::string_view text) { return lines_.feed(text); }
  Result<Holds> finish();

 private:
  Result<void> on_line(std::string_view line);

  LineReader lines_;
  Holds holds_;
};

// Values by property, by the name of a dataset or version.
using Properties = std::unordered_map<std::string, std::map<std::string, std::string, std::less<>>>;

// `zfs get -Hp -o name,property,value`.
class PropertyReader {
 public:
  PropertyReader();
  Result<void> feed(std::string_view text) { return lines_.feed(text); }
  Result<Properties> finish();

 private:
  Result<void> on_line(std::string_view line);

  LineReader lines_;
  Properties properties_;
};

}  // namespace zr
