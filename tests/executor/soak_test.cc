// Long histories on the simulator: what people and other programs do to datasets, time that passes,
// hosts that are away, processes that are killed, and applies in between.
//
// A hundred short ones in every run of the tests; `RC_PARAMS="seed=7 max_success=3000"` for a soak,
// which is the same again for the same seed.
#include <doctest/doctest.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <vector>

#include "tests/executor/rehearsal.h"

using namespace zr;

namespace {

int below(int n) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, n)); }
bool chance(int percent) { return below(100) >= 100 - percent; }  // shrinks to no

struct Count {
  std::uint64_t histories = 0, edits = 0, applies = 0, crashes = 0, absences = 0, steps = 0;
};

// ---- what happens to datasets without us

class Life {
 public:
  explicit Life(SimFile& file) : file_(file) {}

  // One thing that somebody does; nothing where there is nothing to do it to.
  void edit(Seconds now) {
    const auto edited = file_.edit([&](World& world) { edit(world, now); });
    RC_ASSERT(edited.has_value());
  }

 private:
  void edit(World& world, Seconds now) {
    Inventory* inventory = some_host(world);
    if (!inventory) return;
    if (chance(8)) return add_dataset(*inventory);
    Dataset* dataset = some(inventory->datasets);
    if (!dataset || dataset->placeholder) return;
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        return snapshot(*inventory, *dataset, now);
      case 3:
        return destroy(*dataset);
      case 4:
        dataset->written_bytes += 100;
        return;
      case 5:
        if (Version* version = some(dataset->versions))
          if (version->is_snapshot() && version->clones.empty())
            version->name = fresh_name("renamed");
        return;
      case 6:
        return roll_back(*dataset);
      case 7:
        return hold_or_release(*dataset);
      case 8:
        dataset->resume_token.reset();
        return;
      default:
        return recreate(*inventory, *dataset, now);
    }
  }

  template <class T>
  static T* some(std::vector<T>& of) {
    if (of.empty()) return nullptr;
    return &of[static_cast<std::size_t>(below(static_cast<int>(of.size())))];
  }

  static Inventory* some_host(World& world) {
    auto at = world.hosts.begin();
    if (world.hosts.empty()) return nullptr;
    std::advance(at, below(static_cast<int>(world.hosts.size())));
    return &at->second;
  }

  std::string fresh_name(const std::string& prefix) {
    return fmt::format("{}s{}", prefix, ++names_);
  }

  void snapshot(const Inventory& inventory, Dataset& dataset, Seconds now) {
    Version version;
    version.name = fresh_name(chance(60) ? "p_" : "q_");
    version.guid = Guid{9'000'000'000'000ULL + ++names_};
    std::uint64_t txg = 0;
    for (const Dataset& each : inventory.datasets)
      for (const Version& other : each.versions) txg = std::max(txg, other.createtxg.value);
    version.createtxg = CreateTxg{txg + 1};
    version.creation = now;
    if (chance(5)) version.creation -= std::chrono::hours(1000);  // a clock that jumps
    version.bytes = static_cast<std::uint64_t>(below(5000));
    dataset.written_bytes = 0;
    dataset.versions.push_back(std::move(version));
  }

  static bool may_go(const Version& version) {
    return version.holds.empty() && version.clones.empty();
  }

  static void destroy(Dataset& dataset) {
    const Version* version = some(dataset.versions);
    if (!version || !may_go(*version)) return;
    dataset.versions.erase(dataset.versions.begin() + (version - dataset.versions.data()));
  }

  static void roll_back(Dataset& dataset) {
    const Version* to = some(dataset.versions);
    if (!to || !to->is_snapshot() || dataset.resume_token) return;
    const CreateTxg txg = to->createtxg;
    const auto younger = [&](const Version& version) { return version.createtxg > txg; };
    for (const Version& version : dataset.versions)
      if (younger(version) && !may_go(version)) return;
    std::erase_if(dataset.versions, younger);
    dataset.written_bytes = 0;
  }

  static void hold_or_release(Dataset& dataset) {
    Version* version = some(dataset.versions);
    if (!version || !version->is_snapshot()) return;
    if (version->holds.empty()) {
      version->holds.push_back("somebody");
    } else {
      version->holds.pop_back();
    }
  }

  void recreate(const Inventory& inventory, Dataset& dataset, Seconds now) {
    if (!dataset.name.parent() ||
        !std::all_of(dataset.versions.begin(), dataset.versions.end(), may_go))
      return;
    dataset.guid = Guid{9'000'000'000'000ULL + ++names_};
    dataset.versions.clear();
    dataset.origin.reset();
    dataset.resume_token.reset();
    snapshot(inventory, dataset, now);
  }

  void add_dataset(Inventory& inventory) {
    const Dataset* parent = some(inventory.datasets);
    if (!parent) return;
    Dataset dataset(*DatasetName::parse(parent->name.str() + "/" + fresh_name("n")));
    dataset.guid = Guid{9'000'000'000'000ULL + ++names_};
    inventory.datasets.push_back(std::move(dataset));
    inventory.sort();
  }

  SimFile& file_;
  std::uint64_t names_ = 0;
};

// ---- what must hold after every apply

using VersionKey = std::tuple<std::string, std::string, VersionKind, Guid>;

VersionKey key(const HostName& host, const DatasetName& dataset, const VersionRef& version) {
  return {host.value, dataset.str(), version.kind, version.guid.value_or(Guid{})};
}

// Every version that the plan says it destroys.
std::set<VersionKey> announced(const Plan& plan) {
  std::set<VersionKey> out;
  for (const Step& step : plan.steps) {
    if (const auto* destroy = std::get_if<DestroyVersion>(&step.action))
      out.insert(key(step.host, destroy->dataset, destroy->version));
    if (const auto* rollback = std::get_if<Rollback>(&step.action))
      for (const VersionRef& version : rollback->destroys)
        out.insert(key(step.host, rollback->dataset, version));
  }
  return out;
}

void nothing_else_is_lost(const Plan& plan, const World& before, const World& after) {
  const auto said = announced(plan);
  for (const auto& [host, inventory] : before.hosts) {
    for (const Dataset& dataset : inventory.datasets) {
      const Inventory& there = after.hosts.at(host);
      const Dataset* renamed = by_guid(there, dataset.guid);
      const Dataset* now = renamed ? renamed : there.find(dataset.name);
      RC_LOG() << "looking at " << host.value << ":" << dataset.name.str() << "\n";
      // A dataset that is nothing but the beginning of its first stream goes with that.
      if (dataset.resume_token && dataset.versions.empty()) continue;
      RC_ASSERT(now != nullptr);
      RC_ASSERT(now->guid == dataset.guid || dataset.placeholder);
      for (const Version& version : dataset.versions) {
        const auto same = [&](const Version& v) {
          return v.kind == version.kind && v.guid == version.guid && v.name == version.name;
        };
        const auto found = std::find_if(now->versions.begin(), now->versions.end(), same);
        if (found == now->versions.end()) {
          RC_LOG() << version.str() << " is gone\n";
          RC_ASSERT(said.contains({host.value, now->name.str(), version.kind, version.guid}));
          continue;
        }
        for (const std::string& tag : version.holds) {
          if (TargetHold::parse(tag)) continue;
          RC_ASSERT(std::find(found->holds.begin(), found->holds.end(), tag) != found->holds.end());
        }
      }
    }
  }
}

class History {
 public:
  History(const RandomSite& site, Count& count)
      : rehearsal_(site), life_(*rehearsal_.file), count_(count) {}

  void step() {
    const int what = below(100);
    if (what < 50) {
      ++count_.edits;
      return life_.edit(rehearsal_.now);
    }
    rehearsal_.now += std::chrono::hours(below(30));
    if (what < 65) return calm();
    if (what < 90) return crash();
    away();
  }

  // Nothing goes wrong: all is done, and there is nothing more to do.
  void calm() {
    const auto [plan, report] = apply(nullptr, {});
    RC_LOG() << failures(report);
    RC_ASSERT(report.count(event::Outcome::done) == plan.steps.size());
    const Plan again = rehearsal_.plan();
    RC_LOG() << "again:\n" << render(again, {});
    RC_ASSERT(again.noop());
  }

 private:
  void crash() {
    ++count_.crashes;
    auto faults = std::make_shared<Faults>();
    if (chance(50)) {
      faults->crash_at_call(static_cast<std::uint64_t>(1 + below(20)),
                            chance(50) ? Faults::Crash::before_it : Faults::Crash::after_it);
    } else {
      faults->crash_at_byte(static_cast<std::uint64_t>(1 + below(4000)));
    }
    apply(faults, {});
  }

  void away() {
    ++count_.absences;
    const std::vector<HostName> hosts{HostName("nas"), HostName("vault"), HostName("cold")};
    apply(nullptr, hosts[static_cast<std::size_t>(below(3))]);
  }

  std::pair<Plan, RunReport> apply(const std::shared_ptr<Faults>& faults,
                                   const std::optional<HostName>& absent) {
    const World before = rehearsal_.everything();
    const auto common = bases(rehearsal_.policy, before);
    Plan plan = rehearsal_.plan(absent);
    RC_LOG() << (faults ? "killed in this one:\n" : "") << world_to_text(before)
             << render(plan, {});
    RC_ASSERT(rehearsal_.everything() == before);

    RunReport report = rehearsal_.apply(plan, faults, absent);
    ++count_.applies;
    count_.steps += report.count(event::Outcome::done);

    const World after = rehearsal_.everything();
    nothing_else_is_lost(plan, before, after);
    expect_bases(common, after);
    return {std::move(plan), std::move(report)};
  }

  Rehearsal rehearsal_;
  Life life_;
  Count& count_;
};

}  // namespace

TEST_CASE("through edits, crashes and absences nothing is lost, and it converges") {
  Count count;
  CHECK(rc::check([&] {
    const RandomSite site = random_site();
    show(site);
    History history(site, count);
    ++count.histories;
    for (int left = *rc::gen::inRange(1, 16); left > 0; --left) history.step();
    history.calm();
  }));
  std::cout << fmt::format(
      "soak: {} histories: {} edits, {} applies ({} killed, {} with a host away), {} steps done\n",
      count.histories, count.edits, count.applies, count.crashes, count.absences, count.steps);
}
