#include "executor/allow/allow_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace zr {
namespace {

using Names = std::set<std::string>;

Names without(const Names& all, const Names& some) {
  Names rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(),
                      std::inserter(rest, rest.end()));
  return rest;
}

Places without(const Places& all, const Places& some) {
  Places rest;
  for (const auto& [dataset, place] : all) {
    const auto found = some.find(dataset);
    HereAndBelow left = place;
    if (found != some.end()) {
      left.here = without(place.here, found->second.here);
      left.below = without(place.below, found->second.below);
    }
    if (!left.empty()) rest.emplace(dataset, std::move(left));
  }
  return rest;
}

void add(HereAndBelow& to, Scope scope, const Names& permissions) {
  if (scope != Scope::below) to.here.insert(permissions.begin(), permissions.end());
  if (scope != Scope::itself) to.below.insert(permissions.begin(), permissions.end());
}

Places needed_places(const HostDelegations& needs, const std::vector<DatasetName>& pools) {
  Places places;
  for (const Delegation& need : needs.delegations) {
    const Names names = names_of(need.permissions);
    if (need.dataset) {
      add(places[*need.dataset], need.scope, names);
    } else {
      for (const DatasetName& pool : pools) add(places[pool], need.scope, names);
    }
  }
  return places;
}

// What is in a set that is used on a dataset, sets within it too. It may be defined further up.
Names expanded(const Grants& grants, const DatasetName& dataset, const Names& permissions) {
  Names plain, seen;
  std::vector<std::string> open(permissions.begin(), permissions.end());
  while (!open.empty()) {
    const std::string permission = std::move(open.back());
    open.pop_back();
    if (!permission.starts_with('@')) plain.insert(permission);
    if (!permission.starts_with('@') || !seen.insert(permission).second) continue;
    for (std::optional<DatasetName> at = dataset; at; at = at->parent()) {
      const auto found = grants.find(*at);
      if (found == grants.end() || !found->second.sets.contains(permission)) continue;
      const Names& inside = found->second.sets.at(permission);
      open.insert(open.end(), inside.begin(), inside.end());
    }
  }
  return plain;
}

// What somebody has on each dataset where there is a grant for them, sets expanded.
Places given_to(const SeenGrants& seen, const std::function<bool(const Grant&)>& concerns) {
  Places places;
  for (const auto& [dataset, there] : seen.grants) {
    for (const Grant& grant : there.grants) {
      if (concerns(grant))
        add(places[dataset], grant.scope, expanded(seen.grants, dataset, grant.permissions));
    }
  }
  return places;
}

// What holds on a dataset, with what is inherited.
HereAndBelow effective(const Places& given, const DatasetName& dataset) {
  HereAndBelow all;
  const auto own = given.find(dataset);
  if (own != given.end()) all = own->second;
  for (auto up = dataset.parent(); up; up = up->parent()) {
    const auto above = given.find(*up);
    if (above != given.end()) add(all, Scope::all, above->second.below);
  }
  return all;
}

// What it takes on a dataset to receive one that is not there below it.
const Names& to_make() {
  static const Names names = {"create", "mount", "receive"};
  return names;
}

// Whether a dataset that is not there can be made, and will then have what it needs.
bool covers_missing(const Places& given, const DatasetName& nearest, const HereAndBelow& need) {
  const HereAndBelow there = effective(given, nearest);
  return without(need.here, there.below).empty() && without(need.below, there.below).empty() &&
         without(to_make(), there.here).empty();
}

class Judge {
 public:
  Judge(const HostDelegations& needs, const SeenGrants& seen)
      : seen_(seen), needed_(needed_places(needs, seen.pools)) {}

  Judgement run() {
    Judgement judgement;
    const Places all = given_to(seen_, [this](const Grant& grant) { return concerns(grant); });
    judgement.missing = lacking(all);
    for (const auto& [dataset, place] : judgement.missing)
      if (seen_.missing.contains(dataset)) judgement.missing_datasets.push_back(dataset);
    look_for_more(all, judgement);
    const Places kept = given_to(left_after(judgement.superfluous),
                                 [this](const Grant& grant) { return concerns(grant); });
    judgement.instead = without(lacking(kept), judgement.missing);
    return judgement;
  }

 private:
  bool is_own(const Grant& grant) const {
    return grant.who == Who::user && grant.name == seen_.user;
  }
  bool concerns(const Grant& grant) const {
    return is_own(grant) || grant.who == Who::everyone ||
           (grant.who == Who::group && seen_.groups.contains(grant.name));
  }

  Places lacking(const Places& given) const {
    Places result;
    for (const auto& [dataset, need] : needed_) {
      const auto missing = seen_.missing.find(dataset);
      const bool is_missing = missing != seen_.missing.end();
      if (is_missing && missing->second && covers_missing(given, *missing->second, need)) continue;
      HereAndBelow lack = need;
      if (!is_missing) {
        const HereAndBelow has = effective(given, dataset);
        lack = {without(need.here, has.here), without(need.below, has.below)};
      }
      if (!lack.empty()) result.emplace(dataset, std::move(lack));
    }
    return result;
  }

  // What is of use on a dataset: needed there, or for what is yet to be made below it.
  HereAndBelow useful(const Places& given, const DatasetName& dataset) const {
    HereAndBelow use;
    for (const auto& [root, need] : needed_) {
      if (dataset.is_within(root)) {
        add(use, Scope::below, need.below);
        add(use, Scope::itself, dataset == root ? need.here : need.below);
      }
      const auto missing = seen_.missing.find(root);
      if (missing == seen_.missing.end() || !missing->second) continue;
      const DatasetName& nearest = *missing->second;
      if (!nearest.is_within(dataset) || !covers_missing(given, nearest, need)) continue;
      add(use, Scope::below, need.here);
      add(use, Scope::below, need.below);
      add(use, dataset == nearest ? Scope::all : Scope::below, to_make());
    }
    return use;
  }

  void look_for_more(const Places& given, Judgement& judgement) const {
    for (const auto& [dataset, there] : seen_.grants) {
      const HereAndBelow use = useful(given, dataset);
      HereAndBelow more;
      for (const Grant& grant : there.grants) {
        if (!is_own(grant)) continue;
        for (const std::string& permission : grant.permissions)
          weigh(dataset, grant.scope, permission, use, more, judgement);
      }
      if (!more.empty()) judgement.superfluous.emplace(dataset, std::move(more));
    }
  }

  void weigh(const DatasetName& dataset, Scope scope, const std::string& permission,
             const HereAndBelow& use, HereAndBelow& more, Judgement& judgement) const {
    const Names inside = expanded(seen_.grants, dataset, {permission});
    HereAndBelow given;
    add(given, scope, inside);
    const HereAndBelow idle{without(given.here, use.here), without(given.below, use.below)};
    if (idle.empty()) return;
    const bool is_set = permission.starts_with('@');
    if (is_set && !(idle == given)) {
      Names names = idle.here;
      names.insert(idle.below.begin(), idle.below.end());
      judgement.partly_needed_sets.push_back(fmt::format(
          "{} on {} is more than needed by {}", permission, dataset.str(), fmt::join(names, ", ")));
      return;
    }
    if (!idle.here.empty()) more.here.insert(permission);
    if (!idle.below.empty()) more.below.insert(permission);
  }

  SeenGrants left_after(const Places& superfluous) const {
    SeenGrants left = seen_;
    for (auto& [dataset, there] : left.grants) {
      const auto found = superfluous.find(dataset);
      if (found == superfluous.end()) continue;
      std::vector<Grant> kept;
      for (const Grant& grant : there.grants) {
        if (!is_own(grant)) {
          kept.push_back(grant);
          continue;
        }
        HereAndBelow place;
        add(place, grant.scope, grant.permissions);
        place = {without(place.here, found->second.here),
                 without(place.below, found->second.below)};
        for (auto& [scope, permissions] : place.by_scope())
          kept.push_back({grant.who, grant.name, scope, permissions});
      }
      there.grants = std::move(kept);
    }
    return left;
  }

  const SeenGrants& seen_;
  Places needed_;
};

}  // namespace

std::map<Scope, std::set<std::string>> HereAndBelow::by_scope() const {
  std::map<Scope, std::set<std::string>> scopes;
  for (const std::string& permission : here)
    scopes[below.contains(permission) ? Scope::all : Scope::itself].insert(permission);
  for (const std::string& permission : below)
    if (!here.contains(permission)) scopes[Scope::below].insert(permission);
  return scopes;
}

Judgement judge(const HostDelegations& needs, const SeenGrants& seen) {
  return Judge(needs, seen).run();
}

}  // namespace zr
