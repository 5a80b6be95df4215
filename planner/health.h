#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/policy.h"
#include "planner/plan.h"
#include "planner/world.h"

namespace zr {

// Whether a site is as its policy promises. Every threshold comes from the policy; how is written
// down in planner/README.md.

// The numbers are those of the Nagios plugin API.
enum class HealthStatus : std::uint8_t { ok = 0, warning = 1, critical = 2, unknown = 3 };
std::string_view to_string(HealthStatus);
// ok, warning, unknown, critical: what can't be seen may be anything.
bool is_worse(HealthStatus, HealthStatus than);

enum class HealthAspect : std::uint8_t {
  host,         // is it in reach?
  conflict,     // of the plan that would be made now
  snapshots,    // does an autosnap keep its slots?
  replication,  // is a target's newest copy young enough?
  retention,    // was destroyed what a prune lets go of?
  base,         // how long is the incremental base of a pair safe from retention?
};
std::string_view to_string(HealthAspect);

// One thing that was judged, good or bad.
struct HealthVerdict {
  HealthAspect aspect{};
  HealthStatus status = HealthStatus::ok;
  HostName host;
  std::optional<std::string> dataset;  // text, as a conflict's; of a pair the target, of a base
                                       // the source
  std::optional<JobId> job;
  std::string message;  // what is the matter
  std::string help;     // what a person can do; empty where there is nothing to say
  Origin origin;

  // Of the newest snapshot or copy; of retention the age of the oldest that should be gone.
  std::optional<std::chrono::seconds> age = {};
  // An age above it is a warning, one above the other is critical. None: nothing is promised.
  std::optional<std::chrono::seconds> promised_age = {};
  std::optional<std::chrono::seconds> critical_age = {};
  // Of replication those that are still to be sent, of retention those that should be gone.
  std::optional<std::uint64_t> snapshots = {};
  std::optional<std::chrono::seconds> base_lost_in = {};
  std::optional<ConflictKind> conflict = {};

  bool operator==(const HealthVerdict&) const = default;
};

// A dataset that some job is about.
struct HealthDataset {
  HostName host;
  DatasetName dataset;
  std::uint64_t snapshots = 0;
  std::optional<std::chrono::seconds> newest_age, oldest_age;
  bool operator==(const HealthDataset&) const = default;
};

struct Health {
  std::string site_file;
  SiteName site;
  std::string policy_hash;
  Millis now{};
  std::vector<JobId> only;  // as Policy::only
  std::vector<HostName> hosts;
  std::vector<HostName> unreachable_hosts;
  std::vector<HealthVerdict> verdicts;  // by host, dataset, aspect and job
  std::vector<HealthDataset> datasets;  // by host and name
  // Of the plan that would be made now.
  std::map<std::string, std::uint64_t> plan_steps;  // by kind_of(); each of them is there
  std::uint64_t plan_bytes = 0;                     // estimated
  std::uint64_t plan_blocked = 0;

  HealthStatus status() const;  // the worst
  std::uint64_t count(HealthStatus) const;
  // Those that are not ok, the worst first.
  std::vector<const HealthVerdict*> findings() const;
};

// Pure, total and deterministic, as make_plan() is.
Health judge_health(const Policy&, const World&, Millis now);

}  // namespace zr
