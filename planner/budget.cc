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
    if (!was_there(step.host, dataset, *v.guid)) return;
    charges_.emplace_back(step.id, Charge{step.host, Budgeted::destroy, dataset, v.name, v.guid});
  }

  // Before this plan. Destroys come mostly in the order of the versions, so that each search goes
  // on where the last one of its dataset ended.
  bool was_there(const HostName& host, const DatasetName& dataset, Guid guid) {
    const auto [at, is_new] = found_.try_emplace({host, dataset});
    Found& found = at->second;
    if (is_new) found.dataset = observed(host, dataset);
    if (!found.dataset) return false;
    const auto& versions = found.dataset->versions;
    for (std::size_t tried = 0; tried < versions.size(); ++tried) {
      const Version& version = versions[found.last];
      if (version.is_snapshot() && version.guid == guid) return true;
      found.last = (found.last + 1) % versions.size();
    }
    return false;
  }

  // The dataset under the name that it has now.
  const Dataset* observed(const HostName& host, DatasetName name) {
    const auto& renames = renames_[host];
    for (auto r = renames.rbegin(); r != renames.rend(); ++r) {
      if (name.is_within((*r)->to)) name = (*r)->dataset.append(name.below((*r)->to));
    }
    const auto inventory = world_.hosts.find(host);
    return inventory == world_.hosts.end() ? nullptr : inventory->second.find(name);
  }

  struct Found {
    const Dataset* dataset = nullptr;
    std::size_t last = 0;  // in its versions
  };

  const Plan& plan_;
  const World& world_;
  std::map<HostName, std::vector<const RenameDataset*>> renames_;
  std::map<std::pair<HostName, DatasetName>, Found> found_;
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
  std::uint64_t planned = 0;
  std::uint64_t before = 0;  // and not planned again
  bool allowed = true;       // all that is planned
};

using Accounts = std::map<std::pair<HostName, Budgeted>, Account>;

// A plan charges nothing twice.
Accounts accounts_of(const Charges& charges, const RunSoFar& so_far) {
  Accounts accounts;
  std::set<Charge> again;
  for (const auto& [step, charge] : charges) {
    Account& account = accounts[{charge.host, charge.what}];
    ++account.planned;
    account.allowed = account.allowed && so_far.allowed.contains(charge);
    if (so_far.done.contains(charge)) again.insert(charge);
  }
  for (const Charge& charge : so_far.done) {
    const auto account = accounts.find({charge.host, charge.what});
    if (account != accounts.end() && !again.contains(charge)) ++account->second.before;
  }
  return accounts;
}

// None where the site has no limit for it.
std::optional<OverBudget> measure(const Account& account, const HostName& host, Budgeted what,
                                  const Policy& policy, const World& world) {
  OverBudget over{what, host, account.planned + account.before, account.before, 0, 0};
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
