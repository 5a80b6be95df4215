#include <fmt/format.h>

#include <algorithm>

#include "lang/context.h"
#include "lang/meetings.h"
#include "lang/quote.h"
#include "lang/snapshot_names.h"

// Jobs that wait for snapshots which nothing of this site takes. A site without any autosnap leaves
// that to other tools, and so does a job whose `snapshots` wants names that no autosnap makes. A
// host with an agent snapshots by a site file of its own.

namespace zr {

NeverSnapshotted::NeverSnapshotted(const Policy& policy, Findings& findings) : findings_(findings) {
  for (const Autosnap& job : policy.autosnaps) prefixes_.try_emplace(job.prefix, job.id);
  if (prefixes_.empty()) return;
  for (const Replication& job : policy.replications) {
    const Host* from = policy.find_host(job.from);
    if (from != nullptr && from->agent) continue;
    add(job.id, job.from, job.snapshots, job.span, "sends", &job);
  }
  for (const Prune& job : policy.prunes)
    add(job.id, job.on, job.snapshots, job.span, "judges", &job);
}

void NeverSnapshotted::add(const JobId& id, const HostName& host, const SnapshotFilter& snapshots,
                           Span span, std::string_view verb, const void* job) {
  by_address_[job] = jobs_.size();
  Job added{id, host, &snapshots, span, verb, {}, {}, false};
  added.is_foreign = std::all_of(prefixes_.begin(), prefixes_.end(), [&](const auto& known) {
    return takes_none_of_autosnap(snapshots, known.first);
  });
  jobs_.push_back(std::move(added));
}

void NeverSnapshotted::see(const Region& region) {
  if (jobs_.empty()) return;
  for (const Replication* job : region.departures) {
    const auto known = by_address_.find(job);
    if (known != by_address_.end()) {
      see(jobs_[known->second], job->map.find(region.dataset), region);
    }
  }
  for (const Prune* job : region.prunes) {
    see(jobs_[by_address_.at(job)], job->datasets.find(region.dataset), region);
  }
}

void NeverSnapshotted::see(Job& job, const Rule* rule, const Region& region) {
  if (job.is_foreign) return;
  const auto [at, is_new] = job.by_rule.try_emplace(rule, job.uses.size());
  if (is_new) job.uses.push_back({rule, region.dataset, false});
  Use& use = job.uses[at->second];
  use.fed = use.fed || region.may_arrive ||
            std::any_of(region.autosnaps.begin(), region.autosnaps.end(), [&](const Autosnap* a) {
              return !takes_none_of_autosnap(*job.snapshots, a->prefix);
            });
}

void NeverSnapshotted::finish() {
  for (const Job& job : jobs_) {
    if (job.is_foreign) {
      report_foreign(job);
    } else {
      report(job);
    }
  }
}

void NeverSnapshotted::report(const Job& job) {
  const bool none_fed =
      std::none_of(job.uses.begin(), job.uses.end(), [](const Use& use) { return use.fed; });
  for (const Use& use : job.uses) {
    if (use.fed) continue;
    Diagnostic d =
        finding(Code::never_snapshotted, Severity::note, use.rule->span,
                fmt::format("nothing of this site takes the snapshots of {} that `{}` {}",
                            shown(job.host, use.dataset), job.id.str(), job.verb));
    d.label = none_fed && job.uses.size() > 1 ? "nor of what its other rules take" : "";
    d.help.push_back(
        advice("if no other tool does either, let an `autosnap` on this host take the dataset"));
    findings_.add(std::move(d));
    if (none_fed) break;
  }
}

// Names that no autosnap makes are another tool's, unless they only miss by a letter or two.
void NeverSnapshotted::report_foreign(const Job& job) {
  std::vector<std::string> known;
  for (const auto& [prefix, id] : prefixes_) known.push_back(prefix);
  for (const auto& line : job.snapshots->lines) {
    const auto* prefix = std::get_if<NamePrefix>(&line);
    if (prefix == nullptr) continue;
    const auto meant = nearest_name(prefix->prefix, known);
    if (!meant) continue;
    Diagnostic d = finding(
        Code::never_snapshotted, Severity::note, job.span,
        fmt::format("`{}` {} snapshots that begin with {}, and nothing of this site takes any",
                    job.id.str(), job.verb, quoted(prefix->prefix)));
    d.help.push_back(
        advice(fmt::format("`{}` writes {}", prefixes_.at(*meant).str(), quoted(*meant))));
    findings_.add(std::move(d));
  }
}

}  // namespace zr
