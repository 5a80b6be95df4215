#include <fmt/format.h>

#include <map>

#include "lang/context.h"
#include "lang/findings.h"
#include "lang/fresh.h"
#include "lang/granting.h"
#include "lang/utf8.h"
#include "lang/witness.h"

// Whether a host with an agent lets a job through. Two blocks of rules together tell apart what a
// pattern of either names, and what is below that and named by none; below everything that is a
// pool which no pattern names. One of each is tried. Which identity a client has is a matter of its
// key, and not known here: one sink or pull_acl that lets the whole job through is enough.

namespace zr {
namespace {

// A sink or a pull_acl.
struct Door {
  std::string name;
  const Rules* rules;
  Span span;
  const Sink* sink;  // null: a pull_acl
};

// What a door does not let through of a job.
struct Gap {
  std::map<const Rule*, DatasetName> datasets;  // by the rule of the job that takes it
  std::vector<std::string> properties;

  bool is_none() const { return datasets.empty() && properties.empty(); }
  bool operator<(const Gap& other) const {
    return std::pair(datasets.size(), properties.size()) <
           std::pair(other.datasets.size(), other.properties.size());
  }
};

std::vector<std::string> ungranted(const Replication& job, const Door& door) {
  std::vector<std::string> names;
  if (door.sink == nullptr) return names;
  for (const auto& [name, value] : job.receive.set) {
    if (danger_of_property(name).empty() && !door.sink->grants(name)) names.push_back(name);
  }
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* between = i == 0 ? "" : i + 1 == names.size() ? " and " : ", ";
    text += fmt::format("{}`{}`", between, names[i]);
  }
  return text;
}

class Coverage {
 public:
  Coverage(const Policy& policy, Findings& findings) : fresh_(policy), findings_(findings) {
    for (const Sink& sink : policy.sinks) {
      sinks_[sink.on].push_back({sink.name(), &sink.map, sink.span, &sink});
    }
    for (const PullAcl& acl : policy.pull_acls) {
      pull_acls_[acl.on].push_back({acl.name(), &acl.datasets, acl.span, nullptr});
    }
  }

  void check_sinks(const Replication& job) { check(job, sinks_, job.to); }
  void check_pull_acls(const Replication& job) { check(job, pull_acls_, job.from); }

 private:
  using Doors = std::map<HostName, std::vector<Door>>;

  void check(const Replication& job, const Doors& doors, const HostName& host) {
    const auto found = doors.find(host);
    if (found == doors.end()) return;
    const Door* nearest = nullptr;
    Gap least;
    for (const Door& door : found->second) {
      Gap gap = gap_of(job, door);
      if (effort_.is_spent() || gap.is_none()) return;
      if (nearest != nullptr && !(gap < least)) continue;
      nearest = &door;
      least = std::move(gap);
    }
    const bool only = found->second.size() == 1;
    if (!least.datasets.empty()) report_dataset(job, host, *nearest, least, only);
    if (!least.properties.empty()) report_properties(job, host, *nearest, least, only);
  }

  Gap gap_of(const Replication& job, const Door& door) {
    Gap gap;
    gap.properties = ungranted(job, door);
    const auto attempt = [&](const DatasetName& dataset) {
      const std::string& name = dataset.str();
      if (name.size() > max_zfs_name_bytes || !effort_.spend(1 + name.size() / 16)) return;
      const Rule* rule = job.map.find(dataset);
      if (rule == nullptr || std::holds_alternative<Omit>(rule->result)) return;
      if (!door.rules->takes(dataset)) gap.datasets.try_emplace(rule, dataset);
    };
    for (const Rules* rules : {&job.map, door.rules}) {
      for (const Rule& rule : rules->all()) {
        if (effort_.is_spent()) return gap;
        if (rule.pattern.dataset) attempt(*rule.pattern.dataset);
        if (rule.pattern.dataset) attempt(rule.pattern.dataset->append(fresh_.component()));
      }
    }
    attempt(fresh_.pool);
    return gap;
  }

  static std::string refusal(const HostName& host, const Door& door, bool only, const char* what) {
    const std::string name = fmt::format("`{}`", door.name);
    if (only) return fmt::format("{} does not {}", name, what);
    return fmt::format("no {} of `{}` lets the whole job through, and the nearest, {}, does not {}",
                       door.sink != nullptr ? "sink" : "pull_acl", host.value, name, what);
  }

  void report_dataset(const Replication& job, const HostName& host, const Door& door,
                      const Gap& gap, bool only) {
    const auto& [rule, dataset] = *gap.datasets.begin();
    const bool is_push = door.sink != nullptr;
    Diagnostic d =
        finding(Code::not_let_through, Severity::warning, rule->span,
                fmt::format("`{}` may not {} {}: {}", job.id.str(),
                            is_push ? "create and receive" : "see, hold and send",
                            shown(job.from, dataset), refusal(host, door, only, "take it")));
    if (const std::size_t others = gap.datasets.size() - 1; others > 0) {
      d.label = fmt::format("nor what {} other rule{} of it take{}", others, others > 1 ? "s" : "",
                            others > 1 ? "" : "s");
    }
    d.secondary.push_back({door.span, "takes what it says, and nothing else"});
    d.help.push_back(advice(fmt::format("let the `{}` of `{}` take it, or let `{}` omit it",
                                        is_push ? "map" : "datasets", door.name, job.id.str())));
    findings_.add(std::move(d));
  }

  void report_properties(const Replication& job, const HostName& host, const Door& door,
                         const Gap& gap, bool only) {
    const std::string names = listed(gap.properties);
    Diagnostic d = finding(Code::not_let_through, Severity::warning, job.span,
                           fmt::format("`{}` may not set {}: {}", job.id.str(), names,
                                       refusal(host, door, only, "grant that")));
    d.secondary.push_back({door.span, "grants the `properties` that it names"});
    d.help.push_back(advice(fmt::format("add `properties {}` to `{}`, or set it on `{}` itself",
                                        fmt::join(gap.properties, " "), door.name, host.value)));
    findings_.add(std::move(d));
  }

  Fresh fresh_;
  Findings& findings_;
  Doors sinks_, pull_acls_;
  Effort effort_;
};

void check_never_granted(const Replication& job, Findings& findings) {
  std::vector<std::string> wishes;
  if (job.on_diverged == OnDiverged::rollback) wishes.emplace_back("on_diverged rollback");
  if (job.on_rename == OnRename::follow) wishes.emplace_back("on_rename follow");
  for (const auto& [name, value] : job.receive.set) {
    if (!danger_of_property(name).empty()) wishes.push_back("set " + name);
  }
  if (wishes.empty()) return;
  Diagnostic d = finding(Code::never_granted, Severity::warning, job.span,
                         fmt::format("`{}` wants of `{}` what no sink grants: {}", job.id.str(),
                                     job.to.value, listed(wishes)));
  d.help.push_back(
      advice("leave it out: a sink lets nobody destroy, roll back or rename what it has, nor "
             "mount, run or share it"));
  findings.add(std::move(d));
}

}  // namespace

void find_shut_doors(const Policy& policy, Findings& findings) {
  Coverage coverage(policy, findings);
  for (const Replication& job : policy.replications) {
    if (job.sink_decides) {
      check_never_granted(job, findings);
      coverage.check_sinks(job);
    }
    const Host* from = policy.find_host(job.from);
    if (from != nullptr && from->agent) coverage.check_pull_acls(job);
  }
}

}  // namespace zr
