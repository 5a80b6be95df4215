#include "planner/delegation.h"

#include <algorithm>
#include <array>

#include "lang/granting.h"

namespace zr {
namespace {

using Words = std::set<std::string>;

// What a part of a job does on one host: the commands that it runs, and what those need, as the lab
// shows it (tests/lab/scenarios/allow.sh). ZFS looks for some permissions on the dataset, and for
// others on its snapshot, for which only what is given below the dataset counts.
struct Work {
  Words commands;
  Words on_dataset;
  Words on_snapshots;
};

const Work& autosnap_work() {
  static const Work work{{"snapshot"}, {"snapshot"}, {}};
  return work;
}

const Work& prune_work() {
  static const Work work{{"destroy"}, {}, {"destroy", "mount"}};
  return work;
}

// `zfs send -I` holds for a while what it sends; older cursors, which are bookmarks, are destroyed.
const Work& source_work() {
  static const Work work{
      {"send", "bookmark", "destroy"}, {"bookmark", "destroy", "hold"}, {"send"}};
  return work;
}

bool is_user_property(std::string_view property) {
  return property.find(':') != std::string_view::npos;
}

std::string permission_for(const std::string& property) {
  return is_user_property(property) ? "userprop" : property;
}

// To leave a property out zfs makes the dataset inherit it, for which it wants the permission to
// set it, also where nothing comes of that. It does so with each stream, whatever is in that,
// unless a dataset that is there has a value, its own or an inherited one. These are never
// inherited.
bool is_asked_to_exclude(std::string_view property) {
  constexpr std::array<std::string_view, 11> not_inherited = {
      "canmount", "context",        "defcontext",  "filesystem_limit", "fscontext",     "quota",
      "refquota", "refreservation", "reservation", "rootcontext",      "snapshot_limit"};
  return !is_user_property(property) &&
         std::find(not_inherited.begin(), not_inherited.end(), property) == not_inherited.end();
}

// What is done to targets, whether a job of this site or a client's does it.
struct Arrivals {
  Words set;                       // the properties of `zfs receive -o`
  bool sets_quota = false;         // of roots
  Words exclude;                   // those of -x
  bool makes_placeholders = true;  // and receives over them
  bool rolls_back = false;
  bool renames = false;
};

Arrivals arrivals_of(const Replication& job) {
  Arrivals arrivals;
  for (const auto& [property, value] : job.receive.set) arrivals.set.insert(property);
  arrivals.exclude.insert(job.receive.exclude.begin(), job.receive.exclude.end());
  arrivals.makes_placeholders = job.initial != Initial::fail;
  arrivals.rolls_back = job.on_diverged == OnDiverged::rollback;
  arrivals.renames = job.on_rename == OnRename::follow;
  return arrivals;
}

// A client's `initial` is its own business, so it may want placeholders.
Arrivals arrivals_of(const Sink& sink) {
  Arrivals arrivals;
  arrivals.set.insert(sink.properties.begin(), sink.properties.end());
  arrivals.sets_quota = sink.quota_bytes.has_value();
  arrivals.exclude.insert(kept_out_of_streams().begin(), kept_out_of_streams().end());
  return arrivals;
}

// On a dataset that is received into. A stream that is dropped was received into a hidden dataset
// below it.
Work target_work(const Arrivals& arrivals) {
  Work work{{"receive", "hold", "release"},
            {"receive", "create", "mount", "hold", "release"},
            {"destroy", "mount"}};
  for (const std::string& property : arrivals.set) work.on_dataset.insert(permission_for(property));
  for (const std::string& property : arrivals.exclude)
    if (is_asked_to_exclude(property)) work.on_dataset.insert(property);
  if (arrivals.rolls_back) {
    work.commands.insert("rollback");
    work.on_dataset.insert({"rollback", "destroy"});  // of bookmarks
  }
  // A placeholder that is received over stops being one.
  if (arrivals.makes_placeholders) work.on_dataset.insert("userprop");
  return work;
}

// Placeholders below a target.
const Work& placeholder_work() {
  static const Work work{{"create"}, {"create", "mount", "userprop", "mountpoint", "canmount"}, {}};
  return work;
}

// Whether what was received into this root may be given the name of a target in another tree. A
// target that is one dataset is made beforehand, and so never the new name of anything.
bool may_move_away(const Rules& map, const DatasetName& root) {
  return std::any_of(map.all().begin(), map.all().end(), [&root](const Rule& rule) {
    const auto* other = std::get_if<DatasetName>(&rule.result);
    return other && *other != root && rule.pattern.subtree;
  });
}

// On a dataset that gets another name; where that is going to be, `create` and `mount` are needed.
const Work& rename_work() {
  static const Work work{{"rename"}, {"rename", "mount"}, {}};
  return work;
}

void merge(Permissions& into, const std::string& permission, const std::set<Purpose>& purposes) {
  into[permission].insert(purposes.begin(), purposes.end());
}

class HostNeeds {
 public:
  void source(const Purpose& purpose, const Rules& rules, const Work& work) {
    note_commands(purpose, work);
    for (const Rule& rule : rules.all()) {
      if (std::holds_alternative<Omit>(rule.result)) continue;
      const auto& root = rule.pattern.dataset;
      // `tank< -> ok` and `tank -> omit` is only what is below.
      const bool with_root = !root || rules.takes(*root);
      add(root, with_root, rule.pattern.subtree, purpose, work);
    }
  }

  void targets(const Purpose& purpose, const Rules& map, const Arrivals& arrivals) {
    const Work work = target_work(arrivals);
    for (const Rule& rule : map.all()) {
      const auto* root = std::get_if<DatasetName>(&rule.result);
      if (!root) continue;
      const bool tree = rule.pattern.subtree;
      note_commands(purpose, work);
      add(*root, true, tree, purpose, work);
      if (arrivals.sets_quota) add(here_[*root], purpose, {"quota"});
      if (arrivals.renames) {
        const bool from_root = may_move_away(map, *root);
        if (tree || from_root) note_commands(purpose, rename_work());
        add(*root, from_root, tree, purpose, rename_work());
      }
      if (!arrivals.makes_placeholders) continue;
      targets_.push_back({*root, tree});
      if (!tree) continue;
      note_commands(purpose, placeholder_work());
      add(*root, false, true, purpose, placeholder_work());
    }
  }

  HostDelegations take(const HostName& host) && {
    drop_inherited();
    HostDelegations needs{host, {}, placeholders(), std::move(commands_)};
    std::set<Root> roots;
    for (const auto& [root, permissions] : here_) roots.insert(root);
    for (const auto& [root, permissions] : below_) roots.insert(root);
    for (const Root& root : roots) {
      for (const Scope scope : {Scope::all, Scope::itself, Scope::below}) {
        Permissions permissions = permissions_at(root, scope);
        if (!permissions.empty())
          needs.delegations.push_back({root, scope, std::move(permissions)});
      }
    }
    return needs;
  }

 private:
  using Root = std::optional<DatasetName>;  // none: every pool
  struct Target {
    DatasetName dataset;
    bool tree;
  };

  void note_commands(const Purpose& purpose, const Work& work) {
    for (const std::string& command : work.commands) commands_[command].insert(purpose);
  }

  // What is done on the root, on what is below it, or on both.
  void add(const Root& root, bool on_root, bool on_tree, const Purpose& purpose, const Work& work) {
    if (on_root) add(here_[root], purpose, work.on_dataset);
    if (on_tree) add(below_[root], purpose, work.on_dataset);
    add(below_[root], purpose, work.on_snapshots);
  }
  static void add(Permissions& to, const Purpose& purpose, const Words& permissions) {
    for (const std::string& permission : permissions) to[permission].insert(purpose);
  }

  // Whoever has a permission below an ancestor has it; the ancestor's then is for both.
  void drop_inherited() {
    for (auto* places : {&here_, &below_}) {
      for (auto& [root, permissions] : *places) {
        if (!root) continue;
        const bool on_pool = places == &here_ && !root->parent();
        for (auto at = permissions.begin(); at != permissions.end();) {
          Permissions* const above =
              on_pool ? given(here_, std::nullopt, at->first) : inherited_from(*root, at->first);
          if (above) merge(*above, at->first, at->second);
          at = above ? permissions.erase(at) : std::next(at);
        }
      }
    }
  }

  // The permissions of that root, if this one is among them.
  static Permissions* given(std::map<Root, Permissions>& places, const Root& root,
                            const std::string& permission) {
    const auto found = places.find(root);
    const bool is_given = found != places.end() && found->second.contains(permission);
    return is_given ? &found->second : nullptr;
  }

  Permissions* inherited_from(const DatasetName& root, const std::string& permission) {
    Permissions* highest = nullptr;
    for (auto up = root.parent(); up; up = up->parent())
      if (auto* above = given(below_, *up, permission)) highest = above;
    auto* const every_pool = given(below_, std::nullopt, permission);
    return every_pool ? every_pool : highest;
  }

  Permissions permissions_at(const Root& root, Scope scope) const {
    static const Permissions none;
    const auto here = here_.find(root);
    const auto below = below_.find(root);
    const Permissions& itself = here == here_.end() ? none : here->second;
    const Permissions& under = below == below_.end() ? none : below->second;
    const Permissions& all = scope == Scope::below ? under : itself;
    const Permissions& other = scope == Scope::below ? itself : under;
    Permissions wanted;
    for (const auto& [permission, purposes] : all) {
      if (other.contains(permission) != (scope == Scope::all)) continue;
      merge(wanted, permission, purposes);
      if (scope == Scope::all) merge(wanted, permission, other.find(permission)->second);
    }
    return wanted;
  }

  // What is below a tree that is received is made by who receives it.
  std::vector<DatasetName> placeholders() const {
    std::set<DatasetName> wanted;
    for (const Target& target : targets_) {
      for (Root at = target.dataset; at && at->parent(); at = at->parent()) {
        const bool is_made =
            std::any_of(targets_.begin(), targets_.end(), [&at](const Target& other) {
              return other.tree && *at != other.dataset && at->is_within(other.dataset);
            });
        if (!is_made) wanted.insert(*at);
      }
    }
    return {wanted.begin(), wanted.end()};
  }

  std::map<Root, Permissions> here_, below_;
  std::vector<Target> targets_;
  Permissions commands_;
};

}  // namespace

std::string ClientGrant::str() const {
  return (kind == Kind::sink ? "sink." : "pull_acl.") + identity;
}

std::string to_string(const Purpose& purpose) {
  return std::visit([](const auto& one) { return one.str(); }, purpose);
}

std::set<std::string> names_of(const Permissions& permissions) {
  std::set<std::string> names;
  for (const auto& [permission, purposes] : permissions) names.insert(permission);
  return names;
}

bool has_own_site_file(const Host& host) {
  return host.agent && !host.is_local() && !std::holds_alternative<SimTransport>(host.transport);
}

std::vector<HostDelegations> delegations_of(const Policy& policy) {
  std::map<HostName, HostNeeds> hosts;
  for (const Autosnap& job : policy.autosnaps)
    hosts[job.on].source(job.id, job.datasets, autosnap_work());
  for (const Prune& job : policy.prunes) hosts[job.on].source(job.id, job.datasets, prune_work());
  for (const Replication& job : policy.replications) {
    HostNeeds& from = hosts[job.from];
    HostNeeds& to = hosts[job.to];
    if (!policy.find_host(job.from)->agent) from.source(job.id, job.map, source_work());
    if (!policy.find_host(job.to)->agent) to.targets(job.id, job.map, arrivals_of(job));
  }
  for (const Sink& sink : policy.sinks) {
    HostNeeds& on = hosts[sink.on];
    if (has_own_site_file(*policy.find_host(sink.on))) continue;
    on.targets(ClientGrant{ClientGrant::Kind::sink, sink.identity}, sink.map, arrivals_of(sink));
  }
  for (const PullAcl& acl : policy.pull_acls) {
    HostNeeds& on = hosts[acl.on];
    if (has_own_site_file(*policy.find_host(acl.on))) continue;
    // A client pulls as a job here would.
    on.source(ClientGrant{ClientGrant::Kind::pull_acl, acl.identity}, acl.datasets, source_work());
  }
  std::vector<HostDelegations> all;
  all.reserve(hosts.size());
  for (auto& [host, needs] : hosts) all.push_back(std::move(needs).take(host));
  return all;
}

}  // namespace zr
