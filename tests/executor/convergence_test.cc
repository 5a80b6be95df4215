// The invariants of planning, on random policies and worlds carried out by the simulator.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "planner/health_text.h"
#include "tests/executor/rehearsal.h"

using namespace zr;

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

TEST_CASE("what was applied is healthy, but for what the plan could not do") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    show(site);
    Rehearsal rehearsal(site);
    rehearsal.apply(rehearsal.plan());
    const World after = rehearsal.seen();
    const Plan plan = make_plan(rehearsal.policy, after, Millis(rehearsal.now));
    RC_ASSERT(plan.noop());
    RC_LOG() << render(plan, {});
    const Health health = judge_health(rehearsal.policy, after, Millis(rehearsal.now));
    RC_LOG() << render(health, {});
    for (const HealthVerdict* v : health.findings()) {
      RC_ASSERT(v->aspect != HealthAspect::base);
      const bool in_conflict =
          std::any_of(plan.conflicts.begin(), plan.conflicts.end(), [&](const Conflict& c) {
            return c.host == v->host && (!c.dataset || c.dataset == v->dataset);
          });
      const bool blocked = std::any_of(
          plan.blocked.begin(), plan.blocked.end(),
          [&](const Blocked& b) { return b.host == v->host && b.dataset.str() == v->dataset; });
      const bool is_retention = v->aspect == HealthAspect::retention;
      RC_ASSERT(in_conflict || (is_retention && (blocked || !plan.conflicts.empty())));
    }
  }));
}

TEST_CASE("left alone for long enough, every autosnap is found to have stopped") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    show(site);
    Rehearsal rehearsal(site);
    rehearsal.apply(rehearsal.plan());
    // No slot of a random site is longer than a day, and some snapshots are of the future.
    const auto later = Millis(rehearsal.now) + std::chrono::days(365);
    const Health health = judge_health(rehearsal.policy, rehearsal.seen(), later);
    RC_LOG() << render(health, {});
    RC_ASSERT(health.plan_steps.at("snapshot") ==
              static_cast<std::uint64_t>(std::count_if(
                  health.verdicts.begin(), health.verdicts.end(), [](const HealthVerdict& v) {
                    return v.aspect == HealthAspect::snapshots &&
                           v.status == HealthStatus::critical;
                  })));
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
    const World after = rehearsal.everything();
    expect_bases(before, after);
  }));
}

TEST_CASE("a renamed source takes its copy along, and nothing is sent twice") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    show(site);
    Rehearsal rehearsal(site);
    const Plan plan = rehearsal.plan();
    RC_LOG() << render(plan, {});
    const World before = rehearsal.seen();
    for (const Step& step : plan.steps) {
      const auto* rename = std::get_if<RenameDataset>(&step.action);
      if (!rename) continue;
      const auto job =
          std::find_if(rehearsal.policy.replications.begin(), rehearsal.policy.replications.end(),
                       [&](const Replication& r) { return r.id == step.job; });
      RC_ASSERT(job != rehearsal.policy.replications.end());
      RC_ASSERT(job->on_rename == OnRename::follow && job->to == step.host);
      RC_ASSERT(by_guid(before, rename->guid) != nullptr);
    }
    rehearsal.apply(plan);
    for (const auto& [host, inventory] : before.hosts) {
      for (const Dataset& dataset : inventory.datasets) {
        const Dataset* still = by_guid(rehearsal.everything(), dataset.guid);
        const bool unfinished = dataset.resume_token && !dataset.has_snapshots();
        RC_ASSERT(still || dataset.placeholder || unfinished);
      }
    }
  }));
}

// What the site sees where all that is above its targets is looked at, whether they are there or
// not.
static World seen_with_all_above(Rehearsal& rehearsal) {
  World world = rehearsal.seen();
  for (auto& [host, inventory] : world.hosts) {
    const Roots above{false, {}, roots_of(rehearsal.policy, host).above};
    auto zfs = rehearsal.connect()(host);
    RC_ASSERT(zfs.has_value());
    Inventory found = (*zfs)->list(above).value();
    for (Dataset& dataset : found.datasets) {
      dataset.versions.clear();
      if (!inventory.find(dataset.name)) inventory.datasets.push_back(std::move(dataset));
    }
    inventory.sort();
  }
  return world;
}

TEST_CASE("what is above targets that are there makes no difference to a plan") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    show(site);
    Rehearsal rehearsal(site);
    for (int run = 0; run < 3; ++run) {
      const Plan plan = rehearsal.plan();
      const World more = seen_with_all_above(rehearsal);
      const Plan other = make_plan(rehearsal.policy, more, Millis(rehearsal.now));
      RC_ASSERT(render(plan, {}) == render(other, {}));
      auto faults = std::make_shared<Faults>();
      faults->crash_at_call(*rc::gen::inRange<std::uint64_t>(1, 40), Faults::Crash::after_it);
      rehearsal.apply(plan, faults);
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
    expect_repaired(killed, undisturbed);
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

TEST_CASE("no prune goes below the floor of a sink") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    show(site);
    Rehearsal rehearsal(site);
    const Plan plan = rehearsal.plan();
    RC_LOG() << render(plan, {});
    rehearsal.apply(plan);
    const World after = rehearsal.everything();
    for (const Step& step : plan.steps) {
      const auto* destroy = std::get_if<DestroyVersion>(&step.action);
      if (!destroy || destroy->version.kind != VersionKind::snapshot) continue;
      const Sink* sink = rehearsal.policy.floor_of(step.host, step.dataset());
      if (!sink) continue;
      const Dataset* dataset = after.hosts.at(step.host).find(step.dataset());
      RC_ASSERT(dataset != nullptr);
      const auto left = std::count_if(dataset->versions.begin(), dataset->versions.end(),
                                      [](const Version& version) { return version.is_snapshot(); });
      RC_ASSERT(static_cast<std::uint64_t>(left) >= *sink->keep_at_least);
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
