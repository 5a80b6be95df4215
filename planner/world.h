#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/names.h"
#include "lang/strong.h"

namespace zr {

// What the hosts hold: facts as ZFS tells them. Identity is the guid, order within a pool is the
// createtxg; names and creation times are only shown.

using Guid = Strong<struct GuidTag, std::uint64_t>;
using CreateTxg = Strong<struct CreateTxgTag, std::uint64_t>;
using ResumeToken = Strong<struct ResumeTokenTag, std::string>;  // opaque; see resume_token.h

using Seconds = std::chrono::sys_seconds;
using Millis = std::chrono::sys_time<std::chrono::milliseconds>;

enum class VersionKind : std::uint8_t { bookmark, snapshot };

// What an unfinished receive into a dataset is kept in, below it. ZFS lists `DATASET/%recv` as a
// clone of the stream's base; it is no name that a dataset can have.
inline constexpr std::string_view receiving_suffix = "/%recv";
std::string receiving_clone(const DatasetName&);
// What may be listed among the clones of a snapshot: a dataset, or what is being received into one.
bool is_clone_name(std::string_view);

// A snapshot or a bookmark of a dataset.
struct Version {
  VersionKind kind = VersionKind::snapshot;
  std::string name;  // the part after the '@' or the '#'
  Guid guid;
  CreateTxg createtxg;
  Seconds creation;
  std::uint64_t bytes = 0;          // what it adds to the version before it; 0 for bookmarks
  std::vector<std::string> holds;   // tags of user holds, sorted; snapshots only
  std::vector<std::string> clones;  // is_clone_name, sorted; snapshots only

  bool is_snapshot() const { return kind == VersionKind::snapshot; }
  std::string str() const;  // "@name" or "#name"
  bool operator==(const Version&) const = default;
};

enum class DatasetType : std::uint8_t { filesystem, volume };
enum class KeyStatus : std::uint8_t { none, available, unavailable };

struct Dataset {
  explicit Dataset(DatasetName n) : name(std::move(n)) {}

  DatasetName name;
  DatasetType type = DatasetType::filesystem;
  Guid guid;                                   // 0 when not known
  bool placeholder = false;                    // zrepl:placeholder=on, set here, not inherited
  std::optional<std::string> origin;           // "dataset@snapshot" of a clone
  std::optional<DatasetName> encryption_root;  // none: not encrypted
  KeyStatus key_status = KeyStatus::none;
  bool compresses = false;                  // what is written to it
  std::uint64_t written_bytes = 0;          // changed since the newest snapshot
  std::optional<ResumeToken> resume_token;  // partially received state is there
  std::vector<Version> versions;            // sorted by (createtxg, bookmark first, name)

  bool encrypted() const { return encryption_root.has_value(); }
  const Version* find(VersionKind, std::string_view name) const;
  bool has_snapshots() const;
  bool operator==(const Dataset&) const = default;
};

// One host's datasets, sorted by name.
struct Inventory {
  std::vector<Dataset> datasets;

  const Dataset* find(const DatasetName&) const;
  Dataset* find(const DatasetName&);
  // Restores the orders that the comments above promise.
  void sort();
  bool operator==(const Inventory&) const = default;
};

struct World {
  Seconds observed_at;
  std::map<HostName, Inventory> hosts;          // a host that is not here is unreachable
  std::map<HostName, std::string> unreachable;  // why, where that is known

  bool operator==(const World&) const = default;
};

}  // namespace zr
