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
    add(&job, {job.id, job.from, &job.snapshots, job.span, "sends", &job.map, {}, false});
  }
  for (const Prune& job : policy.prunes) {
    add(&job, {job.id, job.on, &job.snapshots, job.span, "judges", &job.datasets, {}, false});
  }
}

void NeverSnapshotted::add(const void* job, Job added) {
  by_address_[job] = jobs_.size();
  added.is_foreign = std::all_of(prefixes_.begin(), prefixes_.end(), [&](const auto& known) {
    return takes_none_of_autosnap(*added.snapshots, known.first);
  });
  added.uses.resize(added.is_foreign ? 0 : added.rules->all().size());
  jobs_.push_back(std::move(added));
}

void NeverSnapshotted::see(const Region& region) {
  for (const auto& job : region.departures) see(job.block, job.rule, region);
  for (const auto& job : region.prunes) see(job.block, job.rule, region);
}

void NeverSnapshotted::see(const void* known, const Rule* rule, const Region& region) {
  const auto found = by_address_.find(known);
  if (found == by_address_.end() || jobs_[found->second].is_foreign) return;
  Job& job = jobs_[found->second];
  Use& use = job.uses[static_cast<std::size_t>(rule - job.rules->all().data())];
  if (use.fed) return;
  use.fed = region.may_arrive ||
            std::any_of(region.autosnaps.begin(), region.autosnaps.end(), [&](const auto& a) {
              return !takes_none_of_autosnap(*job.snapshots, a->prefix);
            });
  if (!use.fed && !use.unfed) use.unfed = region.dataset;
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
  const auto is_seen = [](const Use& use) { return use.fed || use.unfed; };
  const auto seen = std::count_if(job.uses.begin(), job.uses.end(), is_seen);
  const bool none_fed =
      std::none_of(job.uses.begin(), job.uses.end(), [](const Use& use) { return use.fed; });
  for (std::size_t i = 0; i < job.uses.size(); ++i) {
    const Use& use = job.uses[i];
    if (use.fed || !use.unfed) continue;
    Diagnostic d =
        finding(Code::never_snapshotted, Severity::note, job.rules->all()[i].span,
                fmt::format("nothing of this site takes the snapshots of {} that `{}` {}",
                            shown(job.host, *use.unfed), job.id.str(), job.verb));
    d.label = none_fed && seen > 1 ? "nor of what its other rules take" : "";
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
