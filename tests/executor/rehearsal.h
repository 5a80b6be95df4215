#pragma once

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "executor/observe.h"
#include "executor/run/run.h"
#include "executor/sim/sim_file.h"
#include "executor/sim/sim_zfs.h"
#include "planner/lineage.h"
#include "planner/make_plan.h"
#include "planner/marks.h"
#include "planner/render.h"
#include "tests/support/faulty_zfs.h"
#include "tests/support/policy_text.h"
#include "tests/support/random_site.h"
#include "tests/support/world_text.h"

namespace zr {

// A site on the simulator.
class Rehearsal {
 public:
  // In memory.
  explicit Rehearsal(const RandomSite& site)
      : Rehearsal(
            site, [this](const HostName& host) { return simulated(host); },
            SimFile::in_memory(site.world)) {}
  // In a file, whose hosts are reached in another way.
  Rehearsal(const RandomSite& site, Connect its_reach, std::shared_ptr<SimFile> its_file)
      : policy(policy_from_text(site.policy)),
        now(site.world.observed_at),
        file(std::move(its_file)),
        reach_(std::move(its_reach)) {}
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;

  // `absent` can't be reached.
  Connect connect(const std::optional<HostName>& absent = {}) {
    return [this, absent](const HostName& host) -> Result<std::unique_ptr<Zfs>> {
      if (host == absent) return Error{Remedy::retry, "no route to host"};
      return reach_(host);
    };
  }

  World seen(const std::optional<HostName>& absent = {}) {
    return observe(policy, connect(absent), {}).value();
  }
  World everything() { return file->world().value(); }
  Plan plan(const std::optional<HostName>& absent = {}) {
    return make_plan(policy, seen(absent), Millis(now));
  }

  RunReport apply(const Plan& what, std::shared_ptr<Faults> faults = nullptr,
                  const std::optional<HostName>& absent = {}) {
    RunOptions options;
    options.retry_for = std::chrono::milliseconds(0);
    for (const Host& host : policy.hosts) options.slots[host.name] = host.slots;
    const auto journal = no_journal();
    const auto progress = no_progress();
    return run(what, faults ? with_faults(connect(absent), faults) : connect(absent), *journal,
               *progress, options, {});
  }

  const Policy policy;
  Seconds now;
  const std::shared_ptr<SimFile> file;

 private:
  Result<std::unique_ptr<Zfs>> simulated(const HostName& host) {
    auto zfs = SimZfs::open(file, host, {now, 512});
    if (!zfs) return zfs.error();
    return std::unique_ptr<Zfs>(std::move(*zfs));
  }

  const Connect reach_;
};

// What two worlds have to have in common to be the same: what was made during a run has other guids
// and transaction groups each time.
inline std::string essence(const World& world) {
  std::string out;
  for (const auto& [host, inventory] : world.hosts) {
    for (const Dataset& dataset : inventory.datasets) {
      out += fmt::format("{}:{} {}{}{}\n", host.value, dataset.name.str(),
                         dataset.origin.value_or(""), dataset.placeholder ? " placeholder" : "",
                         dataset.resume_token ? " partial" : "");
      std::map<Guid, std::string> snapshot_of;
      std::set<std::string> lines;
      for (const Version& v : dataset.versions) {
        if (v.is_snapshot()) snapshot_of[v.guid] = v.name;
      }
      for (const Version& v : dataset.versions) {
        std::string name = v.str();
        if (const auto cursor = Cursor::parse(v.name); cursor && !v.is_snapshot()) {
          const auto of = snapshot_of.find(v.guid);
          name = fmt::format("#cursor {} of {}", cursor->job.str(),
                             of == snapshot_of.end() ? "one that is gone" : of->second);
        }
        lines.insert(fmt::format("  {} {}", name, fmt::join(v.holds, ",")));
      }
      for (const auto& line : lines) out += line + "\n";
    }
  }
  return out;
}

inline void show(const RandomSite& site) {
  RC_LOG() << site.policy << "\n" << world_to_text(site.world) << "\n";
}

inline std::string failures(const RunReport& report) {
  std::string out = report.trouble;
  for (const auto& entry : report.entries) {
    if (entry.outcome == event::Outcome::done) continue;
    out += fmt::format("step {}: {}\n", entry.step, entry.message);
  }
  return out;
}

// A source and its target, by their own guids: names change.
using PairOfGuids = std::pair<Guid, Guid>;

inline std::optional<CreateTxg> newest_common(const Dataset& source, const Dataset& target) {
  std::vector<const Version*> s, t;
  for (const auto& v : source.versions) s.push_back(&v);
  for (const auto& v : target.versions) t.push_back(&v);
  const auto base = compare(s, t).base;
  if (!base) return std::nullopt;
  return t[base->target]->createtxg;
}

// The newest common version of each pair, as the target's createtxg.
inline std::map<PairOfGuids, CreateTxg> bases(const Policy& policy, const World& world) {
  std::map<PairOfGuids, CreateTxg> out;
  for (const Replication& job : policy.replications) {
    if (!world.hosts.contains(job.from) || !world.hosts.contains(job.to)) continue;
    for (const Dataset& source : world.hosts.at(job.from).datasets) {
      const auto to = job.map.target(source.name);
      const Dataset* target = to ? world.hosts.at(job.to).find(*to) : nullptr;
      const auto base = target ? newest_common(source, *target) : std::nullopt;
      if (base) out[{source.guid, target->guid}] = *base;
    }
  }
  return out;
}

inline const Dataset* by_guid(const Inventory& inventory, Guid guid) {
  const auto at = std::find_if(inventory.datasets.begin(), inventory.datasets.end(),
                               [&](const Dataset& dataset) { return dataset.guid == guid; });
  return at == inventory.datasets.end() ? nullptr : &*at;
}

inline const Dataset* by_guid(const World& world, Guid guid) {
  for (const auto& [host, inventory] : world.hosts) {
    if (const Dataset* dataset = by_guid(inventory, guid)) return dataset;
  }
  return nullptr;
}

// Whether what these pairs had in common is still there, or something younger.
inline void expect_bases(const std::map<PairOfGuids, CreateTxg>& before, const World& after) {
  for (const auto& [pair, txg] : before) {
    const Dataset* source = by_guid(after, pair.first);
    const Dataset* target = by_guid(after, pair.second);
    RC_ASSERT(source && target);
    RC_LOG() << "the base of " << source->name.str() << " -> " << target->name.str() << "\n";
    const auto base = newest_common(*source, *target);
    RC_ASSERT(base.has_value());
    RC_ASSERT(*base >= txg);
  }
}

// After an apply of this went wrong somewhere: the next one does all that is left, and the world is
// that of the same site to which nothing happened.
inline void expect_repaired(Rehearsal& disturbed, Rehearsal& undisturbed) {
  const Plan second = disturbed.plan();
  RC_LOG() << "after that:\n" << world_to_text(disturbed.everything()) << render(second, {});
  const RunReport report = disturbed.apply(second);
  RC_LOG() << failures(report);
  RC_ASSERT(report.count(event::Outcome::done) == second.steps.size());
  const Plan third = disturbed.plan();
  RC_LOG() << "and then:\n"
           << render(third, {}) << essence(disturbed.everything()) << "instead of:\n"
           << essence(undisturbed.everything());
  RC_ASSERT(third.noop());
  RC_ASSERT(essence(disturbed.everything()) == essence(undisturbed.everything()));
}

}  // namespace zr
