#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lang/host.h"
#include "lang/limits.h"
#include "lang/names.h"
#include "lang/retention.h"
#include "lang/rules.h"
#include "lang/source.h"

namespace zr {

// The compiled policy: everything is resolved, checked and typed. A plain value. Hosts and jobs are
// sorted by name, so that the order of a file's blocks has no influence on anything.

// How late in each slot of its `every` a job begins: by `offset`, and in a daemon by a part of
// `jitter`. Together shorter than `every`.
struct Delay {
  std::chrono::seconds offset{0};
  std::chrono::seconds jitter{0};
};

struct Autosnap {
  JobId id;
  Origin origin;
  HostName on;
  Rules datasets;
  std::string prefix;
  std::chrono::seconds every{};
  Delay delay;
  Span span;  // of the block's heading
};

enum class Initial { most_recent, all, fail };
enum class OnDiverged { fail, rollback };
enum class OnRename { fail, follow };

struct SendOptions {
  std::optional<bool> raw;  // none: raw where the dataset is encrypted
  // Blocks travel as they are compressed on disk; none: where the dataset compresses.
  std::optional<bool> compressed;
};

struct ReceiveOptions {
  std::map<std::string, std::string> set;  // property -> value, given to zfs receive -o
  std::vector<std::string> exclude;        // given to zfs receive -x; sorted
};

// A `push` or a `pull`: they differ in which end may be left out, not in what they do.
struct Replication {
  JobId id;
  Origin origin;
  HostName from;
  HostName to;
  // Targets; of a push to a host with an agent a filter, since its sink decides the names.
  Rules map;
  bool sink_decides = false;
  SnapshotFilter snapshots = SnapshotFilter::all();
  std::optional<std::chrono::seconds> every;  // how often a daemon runs it
  Delay delay;
  Initial initial = Initial::most_recent;
  OnDiverged on_diverged = OnDiverged::fail;
  OnRename on_rename = OnRename::fail;
  SendOptions send;
  ReceiveOptions receive;
  std::optional<std::uint64_t> rate_bytes_per_second;
  Span span;  // of the block's heading

  // Where a dataset goes, as this end calls it; none when it is not replicated.
  std::optional<DatasetName> target_of(const DatasetName&) const;
};

struct Prune {
  JobId id;
  Origin origin;
  HostName on;
  Rules datasets;
  SnapshotFilter snapshots;
  std::vector<Keep> keeps;                    // at least one
  std::optional<std::chrono::seconds> every;  // how often a daemon runs it
  Delay delay;
  Span span;  // of the block's heading
};

struct Protect {
  Origin origin;
  HostName on;
  Rules datasets;
  SnapshotFilter snapshots = SnapshotFilter::all();
  Span span;  // of the block's heading
};

// What a client of that identity may push to a serving host, where it lands, and its bounds.
struct Sink {
  std::string identity;
  Origin origin;
  HostName on;
  Rules map;
  Span span;  // of the block's heading

  std::optional<std::uint64_t> max_datasets = {};  // of those that it may hold, at once
  std::optional<std::uint64_t> quota_bytes = {};   // the property `quota` of each root, when made
  std::vector<std::string> properties = {};        // that the client may set; sorted
  // No prune of this site leaves fewer snapshots of what it may hold.
  std::optional<std::uint64_t> keep_at_least = {};

  std::string name() const { return "sink." + identity; }
  bool is_root(const DatasetName&) const;   // a rule's target
  bool may_hold(const DatasetName&) const;  // a root, or what is below one of a subtree
  bool grants(std::string_view property) const;
};

// What a client of that identity may pull from a serving host.
struct PullAcl {
  std::string identity;
  Origin origin;
  HostName on;
  Rules datasets;
  Span span;  // of the block's heading

  std::string name() const { return "pull_acl." + identity; }
};

// `expect pull.offsite maps tank/db -> fast/db`, in a `test`.
struct ExpectedMapping {
  DatasetName dataset;
  RuleResult result;
};
// `expect retention.long_term every 1h for 460d holds 51`: the most snapshots of one dataset, of
// those that are taken so often for so long, each followed by a prune.
struct ExpectedCount {
  std::size_t keeps = 0;  // where in Policy::tested_keeps
  std::chrono::seconds every{1};
  std::chrono::seconds duration{1};  // not less than `every`
  std::uint64_t most = 0;
};
struct Expectation {
  std::string subject;  // of a mapping a name that find_rules knows, of a count as written
  std::variant<ExpectedMapping, ExpectedCount> what;
  Span span;
};
struct SiteTest {
  std::string name;
  Span span;
  std::vector<Expectation> expectations;
};

struct Policy {
  SiteName site;
  bool site_declared = false;  // a `site` statement is there: marks of gone jobs may be cleaned up
  std::string file;            // the site file as it was named
  std::string hash;            // of the meaning: 64 hex digits; comments and order do not change it

  std::vector<Host> hosts;
  std::vector<Autosnap> autosnaps;
  std::vector<Replication> replications;
  std::vector<Prune> prunes;
  std::vector<Protect> protects;
  std::vector<Sink> sinks;  // sorted by identity
  std::vector<PullAcl> pull_acls;
  Limits limits;
  // Not part of the meaning: the tests in the order of the files, and the keeps that they speak of,
  // all of which look at time only.
  std::vector<SiteTest> tests;
  std::vector<std::vector<Keep>> tested_keeps;

  // The jobs to act on; empty means every one, and then also what belongs to no job is tidied up.
  // The others are still known: what they need is never destroyed.
  std::vector<JobId> only;
  bool tidies_with_only = false;  // that is tidied up all the same
  // No prune destroys anything where a snapshot is from more than five minutes after now, nor, if
  // there is a reason, anything at all.
  bool doubts_clock = false;
  std::string prunes_refused;
  const Host* find_host(const HostName&) const;
  bool acts_on(const JobId&) const;
  std::vector<JobId> jobs() const;  // sorted
  // The rules of a job ("pull.offsite"), a sink ("sink.office") or a pull_acl; null when the policy
  // has none of that name.
  const Rules* find_rules(std::string_view subject) const;
  std::vector<const Rules*> all_rules() const;  // of every block that has any, `protect` included
  // Every name that find_rules knows, with its rules, which live as long as the policy stays as it
  // is. For who asks more than once.
  std::map<std::string, const Rules*, std::less<>> subjects() const;
  // Whether a `protect` block keeps the snapshot from being destroyed, whoever wants that.
  bool protects_snapshot(const HostName&, const DatasetName&, std::string_view name) const;
  // Of the sinks that may hold the dataset the one whose `keep_at_least` is the highest; null when
  // none has any.
  const Sink* floor_of(const HostName&, const DatasetName&) const;
};

}  // namespace zr
