#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lang/names.h"
#include "lang/policy.h"
#include "planner/change.h"
#include "planner/world.h"

namespace zr {

using StepId = std::uint32_t;  // 1 is the first step's

// The sending end of a stream.
struct Send {
  DatasetName dataset;
  std::optional<VersionRef> from;  // none: a full stream
  VersionRef to;
  bool intermediates = false;      // -I: every snapshot between comes along
  std::uint64_t stream_bytes = 0;  // estimated from what the versions add
  bool raw = false;
  bool compressed = false;
  // The dataset that `from` is a snapshot of, where that is another one: its clone is sent.
  std::optional<DatasetName> clone_of = std::nullopt;
  bool operator==(const Send&) const = default;
};

// The sending end of a stream that was cut off before: `token` says where it goes on.
struct Resume {
  DatasetName dataset;
  ResumeToken token;
  std::optional<VersionRef> from;  // as decoded from the token
  VersionRef to;
  std::uint64_t stream_bytes = 0;  // what remains, estimated
  bool operator==(const Resume&) const = default;
};

// The snapshot that a clone begins from.
struct CloneOrigin {
  DatasetName dataset;
  VersionRef snapshot;
  bool operator==(const CloneOrigin&) const = default;
};

// The receiving end. Always resumable and never mounted.
struct Recv {
  DatasetName dataset;
  StepId stream_of = 0;           // the Send or Resume it runs together with
  bool over_placeholder = false;  // the target is an empty placeholder, which this replaces
  std::map<std::string, std::string> set;
  std::vector<std::string> exclude;
  std::optional<std::uint64_t> rate_bytes_per_second;
  // The target comes into being as a clone of it.
  std::optional<CloneOrigin> clone_of = std::nullopt;
  bool operator==(const Recv&) const = default;
};

using Action =
    std::variant<CreatePlaceholder, TakeSnapshot, Send, Recv, Resume, AbortReceive, CreateBookmark,
                 PlaceHold, ReleaseHold, Rollback, DestroyVersion, RenameDataset>;

struct Step {
  StepId id = 0;
  HostName host;
  Action action;
  std::optional<JobId> job;   // none: the tidying up of marks whose job is gone
  std::vector<StepId> after;  // sorted; every one is smaller than `id`
  std::string reason;         // in words, without line numbers
  Origin origin;              // the statement of the policy that wants it

  const DatasetName& dataset() const;
  bool operator==(const Step&) const = default;
};

// "create", "snapshot", "send", "recv", "resume", "abort", "bookmark", "hold", "release",
// "rollback", "destroy", "rename": as plans in JSON name it.
std::string_view kind_of(const Action&);

// What a rule wants destroyed and may not be.
struct Blocked {
  HostName host;
  DatasetName dataset;
  VersionRef version;
  std::optional<JobId> job;
  std::string reason;
  Origin origin;
  bool operator==(const Blocked&) const = default;
};

enum class ConflictKind {
  no_common_snapshot,
  diverged,
  target_modified,
  target_exists,
  target_collision,
  target_pool_missing,
  not_permitted,
  initial_refused,
  name_taken,
  name_too_long,
  encryption,
  renamed,
  host_unreachable,
};
std::string_view to_string(ConflictKind);
std::optional<ConflictKind> parse_conflict_kind(std::string_view);

// What can't be done, named after the target's host and dataset where there is one.
struct Conflict {
  ConflictKind kind{};
  HostName host;
  std::optional<std::string> dataset;  // text: a name that is too long is no DatasetName of ZFS's
  std::optional<JobId> job;
  std::string message;  // what is the matter
  std::string help;     // what a person can do
  Origin origin;
  bool operator==(const Conflict&) const = default;
};

// What the site's `limits` bound.
enum class Budgeted : std::uint8_t { destroy, create };

// More of it on a host than one run may do.
struct OverBudget {
  Budgeted what{};
  HostName host;
  std::uint64_t count = 0;      // snapshots destroyed; snapshots taken and datasets made
  std::uint64_t before = 0;     // those of them that earlier plans of the same run did
  std::uint64_t limit = 0;      // less than count
  std::uint64_t snapshots = 0;  // destroy: that the host had when the run began
  bool operator==(const OverBudget&) const = default;
};

struct Summary {
  std::uint64_t create = 0, snapshot = 0, send = 0, full_send = 0, resume = 0, bookmark = 0,
                hold = 0, release = 0, rollback = 0, rename = 0, destroy = 0, abort = 0,
                blocked = 0, conflict = 0, bytes = 0;
  bool operator==(const Summary&) const = default;
};

// A directed acyclic graph as plain vectors: steps in an order in which they could be carried out
// one by one. Holds no secret.
struct Plan {
  std::string site_file;
  SiteName site;
  std::string policy_hash;
  Millis now{};
  std::vector<JobId> only;      // as Policy::only: planned for these; empty: for all
  std::vector<HostName> hosts;  // that the policy names and this plan knows
  std::vector<HostName> unreachable_hosts;
  std::vector<Step> steps;
  std::vector<Blocked> blocked;
  std::vector<Conflict> conflicts;
  std::vector<std::string> notes;
  std::vector<OverBudget> over_budget;  // sorted by host; `apply` wants somebody's word for these
  std::string budget_hash;  // names what is destroyed and created; empty where nothing is over

  bool noop() const { return steps.empty(); }
  const Step& step(StepId id) const { return steps.at(id - 1); }
  Summary summary() const;
  bool operator==(const Plan&) const = default;
};

}  // namespace zr
