#include "planner/budget.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

#include "planner/json.h"
#include "planner/make_plan.h"
#include "planner/render.h"
#include "tests/support/policy_text.h"
#include "tests/support/random_site.h"
#include "tests/support/world_text.h"

using namespace zr;

namespace {

constexpr std::int64_t start = 1'795'327'200;

// One host whose snapshots all go but the newest `keep`.
std::string pruned(const std::string& limits, unsigned keep = 1) {
  return fmt::format(
      "{}\nhost nas {{ transport local }}\nprune p {{\n  on nas\n  datasets {{ tank< -> ok }}\n"
      "  snapshots any\n  keep last {}\n}}\n",
      limits, keep);
}

std::string snapshots(const std::string& dataset, unsigned first, unsigned last) {
  std::string line = "nas: " + dataset;
  for (unsigned i = first; i <= last; ++i) line += fmt::format(" @{}", i);
  return line + "\n";
}

Plan plan_of(const std::string& site, const std::string& world, std::int64_t now = start) {
  return make_plan(policy_from_text(site), world_from_text(world),
                   Millis(std::chrono::seconds(now)));
}

std::string over(const Plan& plan) {
  std::string text;
  for (const OverBudget& o : plan.over_budget)
    text += fmt::format("{} {}\n", o.host.value, describe(o));
  return text;
}

// Counted from the world and the steps alone: what is there, by that name, and goes.
std::uint64_t destroyed(const Plan& plan, const World& world, const HostName& host) {
  std::set<std::pair<DatasetName, Guid>> there;
  for (const Dataset& dataset : world.hosts.at(host).datasets) {
    for (const Version& v : dataset.versions) {
      if (v.is_snapshot()) there.emplace(dataset.name, v.guid);
    }
  }
  std::uint64_t count = 0;
  const auto add = [&](const DatasetName& dataset, const VersionRef& v) {
    const bool is_snapshot = v.kind == VersionKind::snapshot && v.guid;
    if (is_snapshot && there.contains({dataset, *v.guid})) ++count;
  };
  for (const Step& step : plan.steps) {
    if (step.host != host) continue;
    if (const auto* destroy = std::get_if<DestroyVersion>(&step.action))
      add(destroy->dataset, destroy->version);
    if (const auto* rollback = std::get_if<Rollback>(&step.action))
      for (const VersionRef& v : rollback->destroys) add(rollback->dataset, v);
  }
  return count;
}

std::uint64_t all_snapshots(const World& world, const HostName& host) {
  std::uint64_t count = 0;
  for (const Dataset& dataset : world.hosts.at(host).datasets) {
    for (const Version& v : dataset.versions) count += v.is_snapshot() ? 1 : 0;
  }
  return count;
}

bool is_marked(const Plan& plan, const HostName& host, Budgeted what) {
  return std::any_of(plan.over_budget.begin(), plan.over_budget.end(),
                     [&](const OverBudget& o) { return o.host == host && o.what == what; });
}

}  // namespace

TEST_CASE("without limits a run may destroy 100 snapshots, or a fifth of them") {
  CHECK(over(plan_of(pruned(""), snapshots("tank", 1, 101))).empty());
  CHECK(over(plan_of(pruned(""), snapshots("tank", 1, 102))) ==
        "nas destroys 101 of 102 snapshots, where the site's limits allow 100 in a run\n");
  CHECK(over(plan_of(pruned("", 800), snapshots("tank", 1, 1000))).empty());
  CHECK(over(plan_of(pruned("", 799), snapshots("tank", 1, 1000))) ==
        "nas destroys 201 of 1000 snapshots, where the site's limits allow 200 in a run\n");
}

TEST_CASE("a share is rounded down, and of what the site's jobs look at") {
  const std::string site = pruned("limits { destroy 50% }", 2);
  CHECK(over(plan_of(site, snapshots("tank", 1, 4))).empty());
  CHECK(over(plan_of(site, snapshots("tank", 1, 5))) ==
        "nas destroys 3 of 5 snapshots, where the site's limits allow 2 in a run\n");
  CHECK(over(plan_of(site, snapshots("tank", 1, 5) + snapshots("other", 1, 100))) ==
        "nas destroys 3 of 5 snapshots, where the site's limits allow 2 in a run\n");
  CHECK(over(plan_of(site, snapshots("tank", 1, 5) + snapshots("tank/a", 1, 2))).empty());
}

TEST_CASE("none is not one, and unlimited any number") {
  CHECK(over(plan_of(pruned("limits { destroy none }"), snapshots("tank", 1, 2))) ==
        "nas destroys 1 of 2 snapshots, where the site's limits allow none in a run\n");
  CHECK(over(plan_of(pruned("limits { destroy unlimited }"), snapshots("tank", 1, 900))).empty());
  const std::string snapped =
      "host nas { transport local }\nautosnap a {\n  on nas\n  datasets { tank< -> ok }\n"
      "  prefix \"z\"\n  every 1h\n}\n";
  CHECK(over(plan_of(snapped + "limits { create none }", "nas: tank\n")) ==
        "nas creates 1 snapshot or dataset, where the site's limits allow none in a run\n");
  CHECK(over(plan_of(snapped + "limits { create 1 }", "nas: tank\n")).empty());
  CHECK(over(plan_of(snapped + "limits { create unlimited }", "nas: tank\nnas: tank/a\n")).empty());
}

TEST_CASE("datasets that a plan makes are created, and what it only fetches is not destroyed") {
  const std::string site =
      "limits {\n  destroy none\n  create 2\n}\n"
      "host nas { transport sim \"w\" }\nhost vault { transport sim \"w\" }\n"
      "push p {\n  from nas\n  to vault\n  map { tank< -> bk/x }\n  initial all\n}\n"
      "prune v {\n  on vault\n  datasets { bk< -> ok }\n  snapshots any\n  keep last 1\n}\n";
  const Plan plan = plan_of(site, "nas: tank @1 @2 @3\nnas: tank/a @4\nvault: bk\n");
  CHECK(plan.summary().destroy >= 2);
  CHECK(over(plan).empty());
  const Plan more = plan_of(site, "nas: tank @1 @2\nnas: tank/a @4\nnas: tank/b/c @5\nvault: bk\n");
  CHECK(over(more) ==
        "vault creates 4 snapshots and datasets, where the site's limits allow 2 in a run\n");
}

TEST_CASE("the hash is of what is destroyed, and not of the time") {
  const std::string site = pruned("limits { destroy none }");
  const std::string world = snapshots("tank/a", 1, 3) + snapshots("tank/b", 1, 3);
  const Plan plan = plan_of(site, world);
  REQUIRE(plan.budget_hash.size() == 12);
  CHECK(plan_of(site, world, start + 86'400).budget_hash == plan.budget_hash);
  CHECK(plan_of(site, snapshots("tank/b", 1, 3) + snapshots("tank/a", 1, 3)).budget_hash ==
        plan.budget_hash);
  // Neither the limits nor anything that stays is part of it.
  CHECK(plan_of(pruned("limits { destroy 1 }"), world + "nas: tank/c @9\n").budget_hash ==
        plan.budget_hash);
  CHECK(plan_of(site, world + "nas: tank/c @8 @9\n").budget_hash != plan.budget_hash);
  CHECK(plan_of(site, snapshots("tank/a", 2, 3) + snapshots("tank/b", 1, 3)).budget_hash !=
        plan.budget_hash);
  // The same name, another snapshot.
  CHECK(plan_of(site, "nas: tank/a @1=77 @2 @3\n" + snapshots("tank/b", 1, 3)).budget_hash !=
        plan.budget_hash);
  CHECK(plan_of("site other\n" + site, world).budget_hash != plan.budget_hash);
  CHECK(plan_of(pruned(""), world).budget_hash.empty());
}

TEST_CASE("of what is created the hash has datasets, and only where there is too much") {
  const auto site = [](const std::string& limits) {
    return pruned(limits) +
           "autosnap a {\n  on nas\n  datasets { tank< -> ok }\n  prefix \"z\"\n  every 1h\n}\n";
  };
  const std::string limited = site("limits { create 1 }");
  const std::string world = "nas: tank @1\nnas: tank/a\n";
  const Plan plan = plan_of(limited, world);
  REQUIRE_FALSE(plan.budget_hash.empty());
  CHECK(plan_of(limited, world, start + 60).budget_hash == plan.budget_hash);
  CHECK(plan_of(limited, world, start + 7200).budget_hash == plan.budget_hash);
  CHECK(plan_of(limited, world + "nas: tank/b\n").budget_hash != plan.budget_hash);
  const std::string free = site("limits { destroy none }");
  CHECK(plan_of(free, world + "nas: tank/b\n").budget_hash == plan_of(free, world).budget_hash);
}

TEST_CASE("what a run did before counts, and what was allowed once stays so") {
  const Policy policy = policy_from_text(pruned("limits { destroy 4 }"));
  const World world = world_from_text(snapshots("tank", 1, 4));
  Plan plan = make_plan(policy, world, Millis(std::chrono::seconds(start)));
  const Charges charges = charges_of(plan, world);
  REQUIRE(charges.size() == 3);
  CHECK(plan.over_budget.empty());

  RunSoFar so_far;
  const auto other = [](const std::string& dataset, std::uint64_t guid) {
    return Charge{HostName("nas"), Budgeted::destroy, *DatasetName::parse(dataset), "x",
                  Guid{guid}};
  };
  so_far.done = {other("tank/a", 1), charges[0].second};  // one of them may have failed
  judge_budget(plan, charges, policy, world, so_far);
  CHECK(plan.over_budget.empty());
  so_far.done.insert(other("tank/a", 2));
  judge_budget(plan, charges, policy, world, so_far);
  CHECK(over(plan) ==
        "nas destroys 5 of 6 snapshots, 2 of them before in this run, where the "
        "site's limits allow 4 in a run\n");
  const std::string hash = plan.budget_hash;

  for (const auto& [step, charge] : charges) so_far.allowed.insert(charge);
  judge_budget(plan, charges, policy, world, so_far);
  CHECK(plan.over_budget.empty());
  so_far.allowed.erase(charges[1].second);
  judge_budget(plan, charges, policy, world, so_far);
  CHECK(plan.budget_hash == hash);
}

TEST_CASE("a renamed dataset's snapshots are there under its old name") {
  const std::string site =
      "limits { destroy none }\nhost nas { transport sim \"w\" }\nhost vault { transport sim \"w\" "
      "}\npush p {\n  from nas\n  to vault\n  map { tank< -> bk }\n  on_rename follow\n}\n"
      "prune v {\n  on vault\n  datasets { bk< -> ok }\n  snapshots any\n  keep last 1\n}\n";
  const Plan plan = plan_of(site,
                            "nas: tank\nnas: tank/new @1 @2 @3\n"
                            "vault: bk\nvault: bk/old @1 @2 @3!zrepl:site:push.p\n");
  REQUIRE(plan.summary().rename == 1);
  CHECK(over(plan) ==
        "vault destroys 2 of 3 snapshots, where the site's limits allow none in a run\n");
}

TEST_CASE("no plan destroys more than its site's limits, or creates more, without being marked") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    const auto percent = *rc::gen::inRange<unsigned>(1, 60);
    const auto count = *rc::gen::inRange<unsigned>(1, 6);
    const auto create = *rc::gen::inRange<unsigned>(1, 6);
    const Policy policy = policy_from_text(
        site.policy +
        fmt::format("limits {{\n  destroy {}% or {}\n  create {}\n}}\n", percent, count, create));
    const Plan plan = make_plan(policy, site.world, Millis(site.world.observed_at));
    for (const auto& [host, inventory] : site.world.hosts) {
      const std::uint64_t most =
          std::max<std::uint64_t>(count, all_snapshots(site.world, host) * percent / 100);
      if (destroyed(plan, site.world, host) > most)
        RC_ASSERT(is_marked(plan, host, Budgeted::destroy));
      std::uint64_t made = 0;
      for (const Step& step : plan.steps) {
        const bool is_new = std::holds_alternative<TakeSnapshot>(step.action) ||
                            std::holds_alternative<CreatePlaceholder>(step.action);
        made += is_new && step.host == host ? 1 : 0;
      }
      if (made > create) RC_ASSERT(is_marked(plan, host, Budgeted::create));
    }
    RC_ASSERT(plan.over_budget.empty() == plan.budget_hash.empty());
    RC_ASSERT(std::get<Plan>(plan_from_json(plan_to_json(plan))) == plan);
    const Policy unlimited =
        policy_from_text(site.policy + "limits { destroy unlimited; create unlimited }\n");
    const Plan same = make_plan(unlimited, site.world, Millis(site.world.observed_at));
    RC_ASSERT(same.over_budget.empty());
    RC_ASSERT(same.steps == plan.steps);
  }));
}

TEST_CASE("the hash holds for as long as the same snapshots go, and not one more") {
  CHECK(rc::check([] {
    const RandomSite site = random_site();
    const Policy policy = policy_from_text(site.policy + "limits { destroy none; create none }\n");
    const Millis now(site.world.observed_at);
    const Plan plan = make_plan(policy, site.world, now);
    RC_PRE(!plan.over_budget.empty());

    World shuffled = site.world;
    std::mt19937 random(*rc::gen::arbitrary<unsigned>());
    for (auto& [host, inventory] : shuffled.hosts) {
      std::shuffle(inventory.datasets.begin(), inventory.datasets.end(), random);
      inventory.sort();
    }
    RC_ASSERT(make_plan(policy, shuffled, now).budget_hash == plan.budget_hash);

    const Charges charges = charges_of(plan, site.world);
    const auto later = now + std::chrono::milliseconds(*rc::gen::inRange(1, 60'000));
    const Plan again = make_plan(policy, site.world, later);
    const auto counted = [](const Charges& all) {
      std::multiset<std::tuple<HostName, Budgeted, DatasetName, bool, std::optional<Guid>>> out;
      for (const auto& [step, c] : all)
        out.emplace(c.host, c.what, c.dataset, c.version.empty(), c.guid);
      return out;
    };
    const bool same = counted(charges) == counted(charges_of(again, site.world));
    RC_ASSERT((again.budget_hash == plan.budget_hash) == same);

    Charges more = charges;
    Charge another = charges.front().second;
    another.what = Budgeted::destroy;
    another.version = "another";
    another.guid = Guid{12345};
    more.emplace_back(1, another);
    Plan judged = plan;
    judge_budget(judged, more, policy, site.world);
    RC_ASSERT(judged.budget_hash != plan.budget_hash);
  }));
}
