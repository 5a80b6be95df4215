#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "planner/world.h"

namespace zr {

// A version as a step refers to it. The guid is what is relied on; none means that the version
// comes into being in the same plan, and whoever carries the plan out learns the guid from ZFS.
struct VersionRef {
  VersionKind kind = VersionKind::snapshot;
  std::string name;
  std::optional<Guid> guid;

  std::string str() const { return (kind == VersionKind::snapshot ? "@" : "#") + name; }
  bool operator==(const VersionRef&) const = default;
};

// The closed set of things that are done to one host's ZFS, streams apart. Visited by planner,
// renderer, journal, command-line ZFS and simulator, without a catch-all: a new verb is a compile
// error in exactly the places that must handle it.

// A missing ancestor of a target: zrepl:placeholder=on, mountpoint=none, canmount=off.
struct CreatePlaceholder {
  DatasetName dataset;
  bool plain = false;  // encryption=off: its parent is encrypted, and it will be received over
  bool operator==(const CreatePlaceholder&) const = default;
};
struct TakeSnapshot {
  DatasetName dataset;
  std::string name;
  bool operator==(const TakeSnapshot&) const = default;
};
struct CreateBookmark {
  DatasetName dataset;
  VersionRef of;         // a snapshot, or a bookmark to copy
  std::string bookmark;  // empty in a plan while the guid it will carry is not known
  bool operator==(const CreateBookmark&) const = default;
};
struct PlaceHold {
  DatasetName dataset;
  VersionRef snapshot;
  std::string tag;
  bool operator==(const PlaceHold&) const = default;
};
struct ReleaseHold {
  DatasetName dataset;
  VersionRef snapshot;
  std::string tag;
  bool operator==(const ReleaseHold&) const = default;
};
// Back to `to`; what is younger is lost: `destroys` is all of it that was seen when planning, and
// anything else that is found there makes the change fail.
struct Rollback {
  DatasetName dataset;
  VersionRef to;
  std::vector<VersionRef> destroys;
  bool operator==(const Rollback&) const = default;
};
struct DestroyVersion {
  DatasetName dataset;
  VersionRef version;
  bool operator==(const DestroyVersion&) const = default;
};
// With everything below it. The guid is the dataset's own; another one under that name stays.
struct RenameDataset {
  DatasetName dataset;
  DatasetName to;
  Guid guid;
  bool operator==(const RenameDataset&) const = default;
};
// Drops partially received state. It is only dropped while the token is still the one planned for.
struct AbortReceive {
  DatasetName dataset;
  ResumeToken token;
  bool operator==(const AbortReceive&) const = default;
};

using Change = std::variant<CreatePlaceholder, TakeSnapshot, CreateBookmark, PlaceHold, ReleaseHold,
                            Rollback, DestroyVersion, AbortReceive, RenameDataset>;

const DatasetName& dataset_of(const Change&);

}  // namespace zr
