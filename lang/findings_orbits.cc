#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "lang/context.h"
#include "lang/meetings.h"
#include "lang/snapshot_names.h"

// What can be said where one autosnap feeds a dataset and one prune judges its snapshots, each run
// taking a snapshot and pruning after it.

namespace zr {
namespace {

constexpr int steps_to_look_ahead = 64;

// Whether the prune judges nothing but snapshots of autosnaps of this site: how many others there
// are nobody knows.
bool judges_only(const SnapshotFilter& filter, const std::string& prefix) {
  return !filter.any && std::all_of(filter.lines.begin(), filter.lines.end(), [&](const auto& l) {
    const auto* line = std::get_if<NamePrefix>(&l);
    return line != nullptr && prefix.starts_with(line->prefix);
  });
}

bool may_take(const SnapshotFilter& filter, const Autosnap& job) {
  return !takes_none_of_autosnap(filter, job.prefix);
}

// The keeps that decide about the autosnap's snapshots; none where one can't be followed.
std::optional<std::vector<Keep>> followed(const Prune& prune, const Autosnap& autosnap) {
  std::vector<Keep> keeps;
  for (const Keep& keep : prune.keeps) {
    const auto* matching = std::get_if<KeepMatching>(&keep.what);
    if (matching != nullptr && matches_none(matching->regex, autosnap.prefix)) continue;
    if (!Orbit::can_follow(keep)) return std::nullopt;
    keeps.push_back(keep);
  }
  return keeps;
}

std::string text_of(const GridGroup& group) {
  Keep keep;
  keep.what = KeepGrid{{group}};
  return keep.str().substr(std::string_view("grid ").size());
}

// How many slots an interval can touch, wherever in each of them the snapshot is taken.
std::uint64_t most_in(std::chrono::seconds interval, std::chrono::seconds every) {
  return static_cast<std::uint64_t>((interval.count() + every.count() - 1) / every.count()) + 1;
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

PruneOrbits::PruneOrbits(const Policy& policy, Findings& findings) : findings_(findings) {
  for (const Prune& prune : policy.prunes) {
    by_address_[&prune] = prunes_.size();
    prunes_.push_back({&prune, {}, false});
    for (const Keep& keep : prune.keeps) ++uses_[{keep.span.source, keep.span.begin}];
  }
}

void PruneOrbits::see(const Region& region) {
  for (const auto& prune : region.prunes) add(prunes_[by_address_.at(prune.block)], region);
}

void PruneOrbits::add(Fed& fed, const Region& region) {
  const Prune& prune = *fed.prune;
  if (!effort_.spend(region.autosnaps.size() + region.prunes.size() + region.protects.size())) {
    return;
  }
  const Autosnap* feeds = nullptr;
  for (const auto& job : region.autosnaps) {
    if (!may_take(prune.snapshots, *job.block)) continue;
    fed.mixed = fed.mixed || feeds != nullptr;
    if (feeds != nullptr) return;
    feeds = job.block;
  }
  const bool others_judge =
      feeds != nullptr &&
      (std::any_of(
           region.prunes.begin(), region.prunes.end(),
           [&](const auto& p) { return p.block != &prune && may_take(p->snapshots, *feeds); }) ||
       std::any_of(region.protects.begin(), region.protects.end(),
                   [&](const auto& p) { return may_take(p->snapshots, *feeds); }));
  if (others_judge || region.may_arrive ||
      (feeds != nullptr && !judges_only(prune.snapshots, feeds->prefix))) {
    fed.mixed = true;
    return;
  }
  if (feeds == nullptr) return;  // no snapshots but foreign ones with the name of an autosnap's
  const bool is_sent =
      !region.pull_acls.empty() ||
      std::any_of(region.departures.begin(), region.departures.end(),
                  [&](const auto& job) { return may_take(job->snapshots, *feeds); });
  for (Feed& known : fed.feeds) {
    if (known.autosnap != feeds) continue;
    if (known.is_sent && !is_sent) known = {feeds, region.dataset, false};
    return;
  }
  fed.feeds.push_back({feeds, region.dataset, is_sent});
}

void PruneOrbits::finish(bool complete) {
  for (const Fed& fed : prunes_) {
    const Prune* prune = fed.prune;
    bool all_followed = true;
    std::vector<Keep> keeps;
    for (const Feed& feed : fed.feeds) {
      auto its_keeps = followed(*prune, *feed.autosnap);
      all_followed =
          all_followed && its_keeps && (keeps.empty() || keeps.size() == its_keeps->size());
      if (!its_keeps) continue;
      if (!feed.is_sent) short_lived(*prune, feed, *its_keeps);
      keeps = std::move(*its_keeps);
    }
    if (!complete || effort_.is_spent() || fed.mixed || fed.feeds.empty()) continue;
    counts_out_of_reach(*prune, fed.feeds);
    if (all_followed) idle_groups(*prune, fed.feeds, keeps);
  }
}

void PruneOrbits::say(const Prune& prune, const Keep& keep, std::size_t group, Diagnostic d) {
  // What another file offers to choose from need not fit.
  if (keep.span.source != prune.span.source) return;
  const Place place{keep.span.source, keep.span.begin};
  std::string code = d.code;
  const auto said = sayings_.try_emplace({place, group, std::move(code)}, Saying{0, std::move(d)});
  Saying& saying = said.first->second;
  if (++saying.times == uses_.at(place)) findings_.add(saying.first);
}

void PruneOrbits::short_lived(const Prune& prune, const Feed& feed,
                              const std::vector<Keep>& keeps) {
  const auto is_last = [](const Keep& keep) { return std::holds_alternative<KeepLast>(keep.what); };
  // Who says how many of the youngest stay has thought of them.
  if (std::any_of(keeps.begin(), keeps.end(), is_last)) return;
  const std::chrono::seconds every = feed.autosnap->every;
  std::string key = format_duration(every);
  for (const Keep& keep : keeps) key += "; " + keep.str();
  const auto [known, is_new] = known_.try_emplace(key);
  if (is_new) {
    Orbit orbit(keeps, every);
    bool suspicious = false;
    for (int n = 0; n < steps_to_look_ahead && !suspicious; ++n) {
      orbit.step();
      suspicious = orbit.destroyed_previous();
    }
    if (suspicious) known->second = steady_state(keeps, every, budget_);
  }
  const std::optional<SteadyState>& steady = known->second;
  if (!steady || steady->short_lived == 0) return;
  const std::uint64_t unit = std::gcd(steady->short_lived, steady->steps);
  const std::string interval = format_duration(every);
  Diagnostic d =
      finding(Code::short_lived, Severity::note, prune.span,
              fmt::format("`{}` destroys {} of {} snapshots of {} as soon as the next is there",
                          prune.id.str(), steady->short_lived / unit, steady->steps / unit,
                          shown(prune.on, feed.dataset)));
  const std::string number = steady->fewest == steady->most
                                 ? plural(steady->most, "snapshot")
                                 : fmt::format("{} to {} snapshots", steady->fewest, steady->most);
  d.label = number + " in the long run";
  d.secondary.push_back({feed.autosnap->span, "takes one every " + interval});
  d.help.push_back(advice(
      "keep the youngest for a while, with `keep last 4` or `1x1h(keep=all)` at the beginning of a "
      "grid; or take them less often"));
  findings_.add(std::move(d));
}

void PruneOrbits::counts_out_of_reach(const Prune& prune, const std::vector<Feed>& feeds) {
  const auto fastest = std::min_element(
      feeds.begin(), feeds.end(),
      [](const Feed& a, const Feed& b) { return a.autosnap->every < b.autosnap->every; });
  const std::chrono::seconds every = fastest->autosnap->every;
  for (const Keep& keep : prune.keeps) {
    const auto* grid = std::get_if<KeepGrid>(&keep.what);
    if (grid == nullptr) continue;
    for (std::size_t g = 0; g < grid->groups.size(); ++g) {
      const GridGroup& group = grid->groups[g];
      const std::uint64_t most = most_in(group.length, every);
      if (!group.keep || *group.keep == 1 || *group.keep <= most) continue;
      Diagnostic d =
          finding(Code::count_out_of_reach, Severity::note, keep.span,
                  fmt::format("`{}` never holds {} in {}: no more than {} of {} fall into it",
                              text_of(group), *group.keep, format_duration(group.length),
                              plural(most, "snapshot"), shown(prune.on, fastest->dataset)));
      d.secondary.push_back({fastest->autosnap->span, "takes one every " + format_duration(every)});
      d.help.push_back(advice("write `keep=all` where all are meant"));
      say(prune, keep, g, std::move(d));
    }
  }
}

void PruneOrbits::idle_groups(const Prune& prune, const std::vector<Feed>& feeds,
                              const std::vector<Keep>& keeps) {
  for (std::size_t k = 0; k < keeps.size(); ++k) {
    const auto* grid = std::get_if<KeepGrid>(&keeps[k].what);
    if (grid == nullptr) continue;
    for (std::size_t g = 0; g < grid->groups.size(); ++g) {
      const GridGroup& group = grid->groups[g];
      if (!is_idle(keeps, k, g, feeds)) continue;
      const GridGroup coarse{1, group.length * static_cast<std::int64_t>(group.count), group.keep};
      const Feed& feed = feeds.front();
      Diagnostic d = finding(
          Code::idle_group, Severity::note, keeps[k].span,
          fmt::format("`{}` never holds more than {} does: snapshots of {} come every {}",
                      text_of(group), "`" + text_of(coarse) + "`", shown(prune.on, feed.dataset),
                      format_duration(feed.autosnap->every)));
      d.label = "in `" + prune.id.str() + "`";
      d.secondary.push_back({feed.autosnap->span, "takes them"});
      d.help.push_back(
          advice(fmt::format("write `{}`, or take snapshots more often", text_of(coarse))));
      say(prune, keeps[k], g, std::move(d));
    }
  }
}

bool PruneOrbits::is_idle(const std::vector<Keep>& keeps, std::size_t k, std::size_t g,
                          const std::vector<Feed>& feeds) {
  const auto& grid = std::get<KeepGrid>(keeps[k].what);
  if (grid.groups[g].count == 1 || !grid.groups[g].keep) return false;
  std::vector<Keep> coarse = keeps;
  GridGroup& group = std::get<KeepGrid>(coarse[k].what).groups[g];
  group.length *= static_cast<std::int64_t>(group.count);
  group.count = 1;
  // By itself, and not only because another keep does its work.
  const std::span<const Keep> alone(&keeps[k], 1), coarse_alone(&coarse[k], 1);
  return std::all_of(feeds.begin(), feeds.end(), [&](const Feed& feed) {
    const std::chrono::seconds every = feed.autosnap->every;
    return same_orbit(alone, coarse_alone, every, budget_) == true &&
           same_orbit(keeps, coarse, every, budget_) == true;
  });
}

}  // namespace zr
