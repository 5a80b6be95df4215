#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lang/strong.h"

namespace zr {

// Names as validated values: one that exists has the syntax that ZFS (or the language) wants, so
// nothing downstream checks again. This is the only string validation in the tree.

// ZFS's own limit on `dataset@snapshot`, `dataset#bookmark` and on a dataset alone, in bytes
// (ZFS_MAX_DATASET_NAME_LEN less the final NUL). A DatasetName may be longer, as the result of a
// mapping; the planner says so with a conflict.
inline constexpr std::size_t max_zfs_name_bytes = 255;

// A dataset: components joined by '/', each of `A-Z a-z 0-9 _ - . :` and space, none empty, "." or
// "..". The first is the pool, which begins with a letter. At most 4096 bytes.
// Ordered so that a dataset comes directly before what is below it.
class DatasetName {
 public:
  static std::optional<DatasetName> parse(std::string_view);
  // Why parse() refuses the text, for a message: "a component is empty". Empty when it does not.
  static std::string problem(std::string_view);

  const std::string& str() const { return text_; }
  std::string_view pool() const;
  std::optional<DatasetName> parent() const;  // none for a pool
  // Whether this is `other` or below it.
  bool is_within(const DatasetName& other) const;
  // What remains of this below `ancestor`, without a leading '/'; empty when they are equal.
  std::string_view below(const DatasetName& ancestor) const;
  // This with `components` ("a/b", may be empty) appended.
  DatasetName append(std::string_view components) const;

  bool operator==(const DatasetName&) const = default;
  std::strong_ordering operator<=>(const DatasetName&) const;

 private:
  explicit DatasetName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The part after the '@' of a snapshot or the '#' of a bookmark: one component, not empty.
bool is_version_name(std::string_view);
// A user hold's tag: not empty, printable, at most 255 bytes.
bool is_hold_tag(std::string_view);
// `[a-z][a-z0-9_-]*`, at most 64 bytes: names of sites, hosts, jobs and rules.
bool is_identifier(std::string_view);
// Identifiers joined by '.': `offsite`, or `nas1.offsite` of a job that was made from another.
bool is_job_name(std::string_view);

using HostName = Strong<struct HostNameTag, std::string>;
using SiteName = Strong<struct SiteNameTag, std::string>;

enum class JobKind { autosnap, push, pull, prune };
std::string_view to_string(JobKind);
std::optional<JobKind> parse_job_kind(std::string_view);

// Written "pull.offsite". The kind ends at the first dot; more of them belong to the name.
struct JobId {
  JobKind kind{};
  std::string name;  // is_job_name

  static std::optional<JobId> parse(std::string_view);
  std::string str() const;
  auto operator<=>(const JobId&) const = default;
  bool operator==(const JobId&) const = default;
};

}  // namespace zr

template <>
struct std::hash<zr::DatasetName> {
  std::size_t operator()(const zr::DatasetName& n) const noexcept {
    return std::hash<std::string>{}(n.str());
  }
};
