#include "planner/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lang/digest.h"
#include "lang/overloaded.h"
#include "planner/draft.h"

namespace zr {
namespace {

class ChargeReader {
 public:
  ChargeReader(const Plan& plan, const World& world) : plan_(plan), world_(world) {
    for (const Step& step : plan.steps) {
      if (const auto* rename = std::get_if<RenameDataset>(&step.action))
        renames_[step.host].push_back(rename);
    }
  }

  Charges read() {
    for (const Step& step : plan_.steps) read(step);
    return std::move(charges_);
  }

 private:
  void read(const Step& step) {
    std::visit(overloaded{
                   [&](const CreatePlaceholder& a) { create(step, a.dataset, {}); },
                   [&](const TakeSnapshot& a) { create(step, a.dataset, a.name); },
                   [](const Send&) {},
                   [&](const Recv& a) {
                     if (makes_a_dataset(a)) create(step, a.dataset, {});
                   },
                   [](const Resume&) {},
                   [](const AbortReceive&) {},
                   [](const CreateBookmark&) {},
                   [](const PlaceHold&) {},
                   [](const ReleaseHold&) {},
                   [&](const Rollback& a) {
                     for (const VersionRef& v : a.destroys) destroy(step, a.dataset, v);
                   },
                   [&](const DestroyVersion& a) { destroy(step, a.dataset, a.version); },
                   [](const RenameDataset&) {},
               },
               step.action);
  }

  // What a resumed stream goes on with is there in part.
  bool makes_a_dataset(const Recv& recv) const {
    const auto* send = std::get_if<Send>(&plan_.step(recv.stream_of).action);
    return send && (!send->from || send->clone_of) && !recv.over_placeholder;
  }

  void create(const Step& step, const DatasetName& dataset, const std::string& snapshot) {
    charges_.emplace_back(step.id,
                          Charge{step.host, Budgeted::create, dataset, snapshot, std::nullopt});
  }

  void destroy(const Step& step, const DatasetName& dataset, const VersionRef& v) {
    if (v.kind != VersionKind::snapshot || !v.guid) return;
    if (!snapshots_of(step.host, dataset).contains(*v.guid)) return;
    charges_.emplace_back(step.id, Charge{step.host, Budgeted::destroy, dataset, v.name, v.guid});
  }

  // Those that are there now, whatever the dataset is called now.
  const std::set<Guid>& snapshots_of(const HostName& host, const DatasetName& dataset) {
    const auto [at, is_new] = snapshots_.try_emplace({host, dataset});
    if (!is_new) return at->second;
    DatasetName name = dataset;
    const auto& renames = renames_[host];
    for (auto r = renames.rbegin(); r != renames.rend(); ++r) {
      if (name.is_within((*r)->to)) name = (*r)->dataset.append(name.below((*r)->to));
    }
    const auto inventory = world_.hosts.find(host);
    const Dataset* was = inventory == world_.hosts.end() ? nullptr : inventory->second.find(name);
    if (!was) return at->second;
    for (const Version& version : was->versions) {
      if (version.is_snapshot()) at->second.insert(version.guid);
    }
    return at->second;
  }

  const Plan& plan_;
  const World& world_;
  std::map<HostName, std::vector<const RenameDataset*>> renames_;
  std::map<std::pair<HostName, DatasetName>, std::set<Guid>> snapshots_;
  Charges charges_;
};

bool is_looked_at(const Policy& policy, const HostName& host, const DatasetName& dataset) {
  const auto takes = [&](const auto& job) { return job.on == host && job.datasets.takes(dataset); };
  return std::any_of(policy.prunes.begin(), policy.prunes.end(), takes) ||
         std::any_of(policy.autosnaps.begin(), policy.autosnaps.end(), takes) ||
         std::any_of(policy.replications.begin(), policy.replications.end(),
                     [&](const Replication& job) {
                       return (job.from == host && job.map.takes(dataset)) ||
                              (job.to == host && may_be_target(job, dataset));
                     });
}

// Of the datasets that the site's jobs look at, whichever of them the plan is for. What else a
// recorded world holds is none of the site's, and must not widen what it may do.
std::uint64_t count_snapshots(const Policy& policy, const World& world, const HostName& host) {
  const auto inventory = world.hosts.find(host);
  if (inventory == world.hosts.end()) return 0;
  std::uint64_t count = 0;
  for (const Dataset& dataset : inventory->second.datasets) {
    if (!dataset.has_snapshots() || !is_looked_at(policy, host, dataset.name)) continue;
    count +=
        static_cast<std::uint64_t>(std::count_if(dataset.versions.begin(), dataset.versions.end(),
                                                 [](const Version& v) { return v.is_snapshot(); }));
  }
  return count;
}

// What one plan, and the plans before it, come to on one host.
struct Account {
  std::set<Charge> all;  // of the plan and of those before
  std::uint64_t planned = 0;
  bool allowed = true;  // all of the plan's
};

using Accounts = std::map<std::pair<HostName, Budgeted>, Account>;

Accounts accounts_of(const Charges& charges, const RunSoFar& so_far) {
  Accounts accounts;
  for (const auto& [step, charge] : charges) {
    Account& account = accounts[{charge.host, charge.what}];
    if (!account.all.insert(charge).second) continue;
    ++account.planned;
    account.allowed = account.allowed && so_far.allowed.contains(charge);
  }
  for (const Charge& charge : so_far.done) {
    const auto account = accounts.find({charge.host, charge.what});
    if (account != accounts.end()) account->second.all.insert(charge);
  }
  return accounts;
}

// None where the site has no limit for it.
std::optional<OverBudget> measure(const Account& account, const HostName& host, Budgeted what,
                                  const Policy& policy, const World& world) {
  OverBudget over{what, host, account.all.size(), account.all.size() - account.planned, 0, 0};
  if (what == Budgeted::create) {
    if (!policy.limits.create) return std::nullopt;
    over.limit = *policy.limits.create;
  } else {
    if (!policy.limits.destroy) return std::nullopt;
    over.limit = policy.limits.destroy->count;
    // Most plans need no counting of all that there is.
    if (over.count <= over.limit) return over;
    over.snapshots = count_snapshots(policy, world, host) + over.before;
    over.limit = policy.limits.destroy->of(over.snapshots);
  }
  return over;
}

// Of all that is destroyed, with name and guid. What is created counts only where there is too much
// of it, and then by dataset: the names of its snapshots change with the time of the run, and what
// is due changes more often than anybody reviews it.
std::string hash_of(const Plan& plan, const Charges& charges) {
  const bool with_created =
      std::any_of(plan.over_budget.begin(), plan.over_budget.end(),
                  [](const OverBudget& over) { return over.what == Budgeted::create; });
  std::set<Charge> sorted;
  for (const auto& [step, charge] : charges) sorted.insert(charge);
  std::string text = fmt::format("zrepl budget 1\nsite {}\n", plan.site.value);
  for (const Charge& c : sorted) {
    if (c.what == Budgeted::destroy) {
      text += fmt::format("destroy\t{}\t{}\t{}\t{}\n", c.host.value, c.dataset.str(), c.version,
                          c.guid ? c.guid->value : 0);
    } else if (with_created) {
      text += fmt::format("{}\t{}\t{}\n", c.version.empty() ? "create" : "snapshot", c.host.value,
                          c.dataset.str());
    }
  }
  constexpr std::size_t digits = 12;
  return sha256_hex(text).substr(0, digits);
}

}  // namespace

Charges charges_of(const Plan& plan, const World& world) {
  return ChargeReader(plan, world).read();
}

void judge_budget(Plan& plan, const Charges& charges, const Policy& policy, const World& world,
                  const RunSoFar& so_far) {
  plan.over_budget.clear();
  plan.budget_hash.clear();
  for (const auto& [key, account] : accounts_of(charges, so_far)) {
    if (account.allowed) continue;
    const auto measured = measure(account, key.first, key.second, policy, world);
    if (measured && measured->count > measured->limit) plan.over_budget.push_back(*measured);
  }
  if (!plan.over_budget.empty()) plan.budget_hash = hash_of(plan, charges);
}

}  // namespace zr
