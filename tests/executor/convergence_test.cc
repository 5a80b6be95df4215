// The invariants of planning, on random policies and worlds carried out by the simulator.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "executor/observe.h"
#include "executor/run.h"
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

using namespace zr;

namespace {

class Quiet final : public Progress {
 public:
  void on(const Event&) override {}
};

// A site on the simulator, in memory.
class Rehearsal {
 public:
  explicit Rehearsal(const RandomSite& site)
      : policy(policy_from_text(site.policy)),
        now(site.world.observed_at),
        file(SimFile::in_memory(site.world)) {}

  Connect connect() {
    return [this](const HostName& host) -> Result<std::unique_ptr<Zfs>> {
      auto zfs = SimZfs::open(file, host, {now, 512});
      if (!zfs) return zfs.error();
      return std::unique_ptr<Zfs>(std::move(*zfs));
    };
  }

  World seen() { return observe(policy, connect(), {}).value(); }
  World everything() { return file->world().value(); }
  Plan plan() { return make_plan(policy, seen(), Millis(now)); }

  RunReport apply(const Plan& what, std::shared_ptr<Faults> faults = nullptr) {
    RunOptions options;
    options.retry_for = std::chrono::milliseconds(0);
    for (const Host& host : policy.hosts) options.slots[host.name] = host.slots;
    auto journal = no_journal();
    Quiet quiet;
    return run(what, faults ? with_faults(connect(), faults) : connect(), *journal, quiet, options,
               {});
  }

  const Policy policy;
  const Seconds now;
  const std::shared_ptr<SimFile> file;
};

// What two worlds have to have in common to be the same: what was made during a run has other guids
// and transaction groups each time.
std::string essence(const World& world) {
  std::string out;
  for (const auto& [host, inventory] : world.hosts) {
    for (const Dataset& dataset : inventory.datasets) {
      out += fmt::format("{}:{}{}{}\n", host.value, dataset.name.str(),
                         dataset.placeholder ? " placeholder" : "",
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

void show(const RandomSite& site) {
  RC_LOG() << site.policy << "\n" << world_to_text(site.world) << "\n";
}

std::string failures(const RunReport& report) {
  std::string out = report.trouble;
  for (const auto& entry : report.entries) {
    if (entry.outcome == event::Outcome::done) continue;
    out += fmt::format("step {}: {}\n", entry.step, entry.message);
  }
  return out;
}

// The newest common version of each pair, as (source, target) and the target's createtxg.
std::map<std::pair<std::string, std::string>, CreateTxg> bases(const Policy& policy,
                                                               const World& world) {
  std::map<std::pair<std::string, std::string>, CreateTxg> out;
  for (const Replication& job : policy.replications) {
    if (!world.hosts.contains(job.from) || !world.hosts.contains(job.to)) continue;
    for (const Dataset& source : world.hosts.at(job.from).datasets) {
      const auto to = job.map.target(source.name);
      const Dataset* target = to ? world.hosts.at(job.to).find(*to) : nullptr;
      if (!target) continue;
      std::vector<const Version*> s, t;
      for (const auto& v : source.versions) s.push_back(&v);
      for (const auto& v : target->versions) t.push_back(&v);
      const auto base = compare(s, t).base;
      if (base) out[{job.id.str() + source.name.str(), to->str()}] = t[base->target]->createtxg;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("one apply reaches the fixed point, and planning changes nothing") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    show(site);
    Rehearsal rehearsal(site);
    const World before = rehearsal.everything();
    const Plan plan = rehearsal.plan();
    RC_ASSERT(rehearsal.everything() == before);
    RC_LOG() << render(plan, {});
    const RunReport report = rehearsal.apply(plan);
    RC_LOG() << failures(report);
    RC_ASSERT(report.count(event::Outcome::done) == plan.steps.size());
    const Plan again = rehearsal.plan();
    RC_LOG() << "again:\n" << render(again, {});
    RC_ASSERT(again.noop());
    auto kinds = [](const Plan& p) {
      std::multiset<std::string> out;
      for (const auto& c : p.conflicts) {
        out.insert(c.host.value + c.dataset.value_or("") + std::string(to_string(c.kind)));
      }
      return out;
    };
    RC_ASSERT(kinds(again) == kinds(plan));
  }));
}

TEST_CASE("the newest common base of every pair survives every plan") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    show(site);
    Rehearsal rehearsal(site);
    const auto before = bases(rehearsal.policy, rehearsal.everything());
    const Plan plan = rehearsal.plan();
    RC_LOG() << render(plan, {});
    rehearsal.apply(plan);
    const auto after = bases(rehearsal.policy, rehearsal.everything());
    for (const auto& [pair, txg] : before) {
      RC_ASSERT(after.contains(pair));
      RC_ASSERT(after.at(pair) >= txg);
    }
  }));
}

TEST_CASE("killed at any call or any byte of a stream, applying again reaches the same world") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    show(site);
    Rehearsal undisturbed(site);
    auto count = std::make_shared<Faults>();
    undisturbed.apply(undisturbed.plan(), count);
    const std::uint64_t calls = count->calls(), bytes = count->bytes();

    Rehearsal killed(site);
    auto faults = std::make_shared<Faults>();
    const auto at = *rc::gen::inRange<std::uint64_t>(1, calls + bytes + 1);
    if (at <= calls) {
      faults->crash_at_call(
          at, *rc::gen::arbitrary<bool>() ? Faults::Crash::before_it : Faults::Crash::after_it);
    } else {
      faults->crash_at_byte(at - calls);
    }
    RC_LOG() << "killed at " << at << " of " << calls << " calls and " << bytes << " bytes\n";
    const Plan first = killed.plan();
    RC_LOG() << render(first, {});
    RC_LOG() << failures(killed.apply(first, faults));
    const Plan second = killed.plan();
    RC_LOG() << "after the kill:\n" << world_to_text(killed.everything()) << render(second, {});
    const RunReport report = killed.apply(second);
    RC_LOG() << failures(report);
    RC_ASSERT(report.count(event::Outcome::done) == second.steps.size());
    RC_ASSERT(killed.plan().noop());
    RC_ASSERT(essence(killed.everything()) == essence(undisturbed.everything()));
  }));
}

TEST_CASE("no prune destroys what must stay") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    show(site);
    Rehearsal rehearsal(site);
    const World world = rehearsal.seen();
    const Plan plan = rehearsal.plan();
    RC_LOG() << render(plan, {});
    for (const Step& step : plan.steps) {
      const auto* destroy = std::get_if<DestroyVersion>(&step.action);
      if (!destroy || destroy->version.kind != VersionKind::snapshot) continue;
      RC_ASSERT(step.job.has_value());
      const auto prune =
          std::find_if(rehearsal.policy.prunes.begin(), rehearsal.policy.prunes.end(),
                       [&](const Prune& p) { return p.id == *step.job; });
      RC_ASSERT(prune != rehearsal.policy.prunes.end());
      RC_ASSERT(prune->snapshots.takes(destroy->version.name));
      for (const Protect& protect : rehearsal.policy.protects) {
        RC_ASSERT(!(protect.on == step.host && protect.datasets.takes(step.dataset()) &&
                    protect.snapshots.takes(destroy->version.name)));
      }
      const Dataset* dataset = world.hosts.at(step.host).find(step.dataset());
      if (!dataset) continue;  // received by this plan
      const Version* version = dataset->find(VersionKind::snapshot, destroy->version.name);
      if (!version) continue;
      // What was being received is no clone any more when the plan has dealt with it.
      for (const auto& clone : version->clones) RC_ASSERT(clone == receiving_clone(dataset->name));
      for (const auto& tag : version->holds) RC_ASSERT(TargetHold::parse(tag).has_value());
      const Version* newest = nullptr;
      for (const Version& v : dataset->versions) {
        if (v.is_snapshot() && prune->snapshots.takes(v.name)) newest = &v;
      }
      const bool grows = std::any_of(plan.steps.begin(), plan.steps.end(), [&](const Step& s) {
        return s.host == step.host && s.dataset() == step.dataset() &&
               (std::holds_alternative<Recv>(s.action) ||
                std::holds_alternative<TakeSnapshot>(s.action));
      });
      RC_ASSERT(newest != version || grows);
    }
  }));
}

TEST_CASE("the order of the world's parts makes no difference to the plan") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    show(site);
    const Policy policy = policy_from_text(site.policy);
    World shuffled = site.world;
    std::mt19937 random(*rc::gen::arbitrary<unsigned>());
    for (auto& [host, inventory] : shuffled.hosts) {
      std::shuffle(inventory.datasets.begin(), inventory.datasets.end(), random);
      for (Dataset& dataset : inventory.datasets) {
        std::shuffle(dataset.versions.begin(), dataset.versions.end(), random);
      }
      inventory.sort();
    }
    const Millis now(site.world.observed_at);
    RC_ASSERT(make_plan(policy, shuffled, now) == make_plan(policy, site.world, now));
  }));
}
