#include <fmt/format.h>

#include <algorithm>

#include "lang/context.h"
#include "lang/meetings.h"
#include "lang/quote.h"
#include "lang/snapshot_names.h"

namespace zr {
namespace {

constexpr std::size_t max_prunes = 16;  // of one dataset, that are compared with each other
constexpr std::size_t max_hints = 32;

}  // namespace

// Of prefixes in the order of the alphabet, those that another begins with stand before it, and all
// between begin with it as well.
void AutosnapMeetings::see(const Region& region) {
  if (region.autosnaps.size() < 2) return;
  std::vector<const Autosnap*> jobs;
  for (const auto& taker : region.autosnaps) jobs.push_back(taker.block);
  std::sort(jobs.begin(), jobs.end(), [](const Autosnap* a, const Autosnap* b) {
    return std::tie(a->prefix, a->id) < std::tie(b->prefix, b->id);
  });
  std::vector<const Autosnap*> beginnings;
  for (const Autosnap* job : jobs) {
    while (!beginnings.empty() && !job->prefix.starts_with(beginnings.back()->prefix)) {
      beginnings.pop_back();
    }
    if (!beginnings.empty() && told_.insert({beginnings.back()->id, job->id}).second) {
      report(*beginnings.back(), *job, region);
    }
    beginnings.push_back(job);
  }
}

void AutosnapMeetings::report(const Autosnap& shorter, const Autosnap& longer,
                              const Region& region) {
  const bool equal = shorter.prefix == longer.prefix;
  const std::string where = shown(region.host, region.dataset);
  const std::string names = "names that begin with " + quoted(shorter.prefix);
  Diagnostic d = finding(Code::autosnaps_meet, Severity::warning, longer.span,
                         fmt::format("`{}` counts what `{}` takes of {} as its own: {} are",
                                     shorter.id.str(), longer.id.str(), where, names));
  if (equal) {
    d.message = fmt::format(
        "`{}` and `{}` both take snapshots of {} with {}, and count each "
        "other's as their own",
        shorter.id.str(), longer.id.str(), where, names);
  }
  d.secondary.push_back({shorter.span, equal ? "the other" : "has the shorter prefix"});
  d.help.push_back(
      advice("where one finds a snapshot in its slot it takes none: give them prefixes of which "
             "none begins with the other, or let one `omit` the dataset"));
  findings_.add(std::move(d));
}

PruneMeetings::PruneMeetings(const Policy& policy, Findings& findings) : findings_(findings) {
  std::set<std::string> prefixes;
  for (const Autosnap& job : policy.autosnaps) prefixes.insert(job.prefix);
  prefixes_.assign(prefixes.begin(), prefixes.end());
  prefixes_.resize(std::min(prefixes_.size(), max_hints));
}

void PruneMeetings::see(const Region& region) {
  const std::size_t count = std::min(region.prunes.size(), max_prunes);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto [first, second] =
          std::minmax(region.prunes[i].block, region.prunes[j].block,
                      [](const Prune* a, const Prune* b) { return a->span.begin < b->span.begin; });
      if (!compared_.insert({first, second}).second) continue;
      const auto name = common_name(first->snapshots, second->snapshots, prefixes_);
      if (!name) continue;
      Diagnostic d =
          finding(Code::prunes_meet, Severity::note, second->span,
                  fmt::format("`{}` and `{}` both judge snapshots of {}, `@{}` for instance",
                              first->id.str(), second->id.str(), shown(region.host, region.dataset),
                              *name));
      d.secondary.push_back({first->span, "the other"});
      d.help.push_back(advice(
          "what either of them keeps stays; where that is not meant, tell their `datasets` or "
          "`snapshots` apart"));
      findings_.add(std::move(d));
    }
  }
}

void ProtectedPrunes::see(const Region& region) {
  for (const auto& taker : region.prunes) {
    const Prune* prune = taker.block;
    if (free_.count(prune) > 0) continue;
    const auto found = std::find_if(
        region.protects.begin(), region.protects.end(),
        [&](const auto& block) { return takes_all_of(block->snapshots, prune->snapshots); });
    if (found == region.protects.end()) {
      free_.insert(prune);
    } else {
      protected_by_.try_emplace(prune, found->block);
    }
  }
}

void ProtectedPrunes::finish() {
  std::vector<std::pair<const Prune*, const Protect*>> all(protected_by_.begin(),
                                                           protected_by_.end());
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.first->id < b.first->id; });
  for (const auto& [prune, protect] : all) {
    if (free_.count(prune) > 0) continue;
    Diagnostic d = finding(Code::protects_everything, Severity::warning, prune->span,
                           fmt::format("`{}` can never destroy anything: all that it judges is "
                                       "protected",
                                       prune->id.str()));
    d.secondary.push_back({protect->span, "protects it"});
    d.help.push_back(advice("remove the prune, or let the `protect` omit something"));
    findings_.add(std::move(d));
  }
}

void find_meetings(const Policy& policy, Findings& findings) {
  AutosnapMeetings autosnaps(findings);
  PruneMeetings prunes(policy, findings);
  ProtectedPrunes protected_prunes(findings);
  NeverSnapshotted never(policy, findings);
  PruneOrbits orbits(policy, findings);
  const bool complete = Regions(policy).each([&](const Region& region) {
    autosnaps.see(region);
    prunes.see(region);
    protected_prunes.see(region);
    never.see(region);
    orbits.see(region);
  });
  if (complete) protected_prunes.finish();
  if (complete) never.finish();
  orbits.finish(complete);
}

}  // namespace zr
