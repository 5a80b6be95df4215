#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lang/names.h"
#include "lang/retention.h"
#include "lang/rules.h"
#include "lang/source.h"

namespace zr {

// The compiled policy: everything is resolved, checked and typed. A plain value. Hosts and jobs are
// sorted by name, so that the order of a file's blocks has no influence on anything.

struct LocalTransport {
  bool operator==(const LocalTransport&) const = default;
};
struct SimTransport {
  std::string file;  // as written; relative to the site file's folder
  bool operator==(const SimTransport&) const = default;
};

struct Host {
  HostName name;
  Origin origin;
  std::variant<LocalTransport, SimTransport> transport;
  std::vector<std::string> zfs_argv{"zfs"};  // how zfs is run there; never a shell's text
  unsigned slots = 2;                        // connections used at once, at least 1
  std::optional<std::string> state_dir;      // where the lock and the journal live

  bool is_local() const { return std::holds_alternative<LocalTransport>(transport); }
};

struct Autosnap {
  JobId id;
  Origin origin;
  HostName on;
  Rules datasets;
  std::string prefix;
  std::chrono::seconds every{};
  Span span;  // of the block's heading
};

enum class Initial { most_recent, all, fail };
enum class OnDiverged { fail, rollback };

struct SendOptions {
  std::optional<bool> raw;  // none: raw where the dataset is encrypted
  bool compressed = false;  // blocks travel as they are compressed on disk
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
  Rules map;
  SnapshotFilter snapshots = SnapshotFilter::all();
  Initial initial = Initial::most_recent;
  OnDiverged on_diverged = OnDiverged::fail;
  SendOptions send;
  ReceiveOptions receive;
  std::optional<std::uint64_t> rate_bytes_per_second;
  Span span;  // of the block's heading
};

struct Prune {
  JobId id;
  Origin origin;
  HostName on;
  Rules datasets;
  SnapshotFilter snapshots;
  std::vector<Keep> keeps;  // at least one
  Span span;                // of the block's heading
};

struct Protect {
  Origin origin;
  HostName on;
  Rules datasets;
  SnapshotFilter snapshots = SnapshotFilter::all();
  Span span;  // of the block's heading
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

  // The jobs to act on; empty means every one, and then also what belongs to no job is tidied up.
  // The others are still known: what they need is never destroyed.
  std::vector<JobId> only;

  const Host* find_host(const HostName&) const;
  bool acts_on(const JobId&) const;
  std::vector<JobId> jobs() const;  // sorted
};

}  // namespace zr
