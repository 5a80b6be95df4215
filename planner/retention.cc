#include "planner/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "lang/overloaded.h"
#include "planner/calendar.h"

namespace zr {
namespace {

// Everything that a keep may look at.
struct Ballot {
  std::span<const Candidate> snapshots;
  Seconds from;  // ages count from here

  std::size_t size() const { return snapshots.size(); }
  const Version& version(std::size_t i) const { return *snapshots[i].version; }
  std::chrono::seconds age(std::size_t i) const { return from - version(i).creation; }
};

struct Interval {
  std::size_t group;
  std::uint64_t number;  // within the group, from 0, the youngest first
  auto operator<=>(const Interval&) const = default;
};

// One keep's decision. Reasons are only put into words for the snapshots that are asked about: of
// two million snapshots nearly all stay.
class Vote {
 public:
  virtual ~Vote() = default;
  virtual bool keeps(std::size_t i) const = 0;
  virtual std::string reason(std::size_t i) const = 0;
  // Without `keep`; none where it has no periods.
  virtual std::optional<Buckets> buckets() const { return {}; }

 protected:
  // Into the bucket of its period. `begin` is used where it is the first there.
  void put(std::map<Interval, Bucket>& found, Interval period, Seconds begin, std::size_t i) const {
    const auto at =
        found.try_emplace(period, Bucket{period.group, period.number, begin, {}, {}}).first;
    (keeps(i) ? at->second.winners : at->second.others).push_back(i);
  }
  static std::vector<Bucket> in_order(std::map<Interval, Bucket> found) {
    std::vector<Bucket> out;
    out.reserve(found.size());
    for (auto& [period, bucket] : found) out.push_back(std::move(bucket));
    return out;
  }
};

// Where an age above 0 falls. A group that lies wholly before the age has an extent below it, so
// that nothing overflows however large the counts (`999999999x520w`).
std::optional<Interval> interval_of(const KeepGrid& grid, std::chrono::seconds age) {
  std::int64_t edge = 0;
  for (std::size_t g = 0; g < grid.groups.size(); ++g) {
    const std::int64_t length = grid.groups[g].length.count();
    const auto number = static_cast<std::uint64_t>((age.count() - edge - 1) / length);
    if (number < grid.groups[g].count) return Interval{g, number};
    edge += static_cast<std::int64_t>(grid.groups[g].count) * length;
  }
  return std::nullopt;
}

class GridVote final : public Vote {
 public:
  GridVote(const KeepGrid& grid, const Ballot& ballot) : grid_(grid), ballot_(ballot) {
    struct Taken {
      std::uint64_t count = 0;
      std::size_t last = 0;
    };
    std::map<Interval, Taken> taken;
    for (std::size_t i = 0; i < ballot.size(); ++i) {
      keeper_.push_back(i);
      if (ballot.age(i) <= std::chrono::seconds(0)) continue;
      const auto interval = interval_of(grid, ballot.age(i));
      if (!interval) {
        keeper_[i] = none;
        continue;
      }
      const auto& keep = grid.groups[interval->group].keep;
      Taken& in = taken[*interval];
      if (keep && in.count >= *keep) {
        keeper_[i] = in.last;
      } else {
        in = {in.count + 1, i};
      }
    }
  }
  bool keeps(std::size_t i) const override { return keeper_[i] == i; }
  std::string reason(std::size_t i) const override {
    if (keeper_[i] == none) return "older than the whole grid";
    const auto interval = ballot_.age(i) > std::chrono::seconds(0)
                              ? interval_of(grid_, ballot_.age(i))
                              : std::nullopt;
    if (!interval) return "grid: not older than the moment that ages count from";
    const GridGroup& group = grid_.groups[interval->group];
    std::string where = fmt::format("grid interval {} of {}x{}", interval->number + 1, group.count,
                                    format_duration(group.length));
    if (keeps(i)) return where;
    return fmt::format("{} keeps {}", where, ballot_.version(keeper_[i]).str());
  }
  std::optional<Buckets> buckets() const override {
    Buckets out;
    out.from = ballot_.from;
    std::map<Interval, Bucket> found;
    for (std::size_t i = 0; i < ballot_.size(); ++i) {
      if (keeper_[i] == none) ++out.older;
      if (keeper_[i] == none || ballot_.age(i) <= std::chrono::seconds(0)) continue;
      const auto interval = interval_of(grid_, ballot_.age(i));
      put(found, *interval, old_end(i, interval->group), i);
    }
    out.occupied = in_order(std::move(found));
    return out;
  }

 private:
  // Of the interval that the snapshot is in. From its creation, so that nothing overflows.
  Seconds old_end(std::size_t i, std::size_t group) const {
    std::int64_t edge = 0;
    for (std::size_t g = 0; g < group; ++g) {
      edge += static_cast<std::int64_t>(grid_.groups[g].count) * grid_.groups[g].length.count();
    }
    const std::int64_t length = grid_.groups[group].length.count();
    const std::int64_t from_young_end = (ballot_.age(i).count() - edge - 1) % length;
    return ballot_.version(i).creation - std::chrono::seconds(length - 1 - from_young_end);
  }

  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  const KeepGrid& grid_;
  const Ballot& ballot_;
  // The snapshot itself where it stays; else the youngest that fills its interval, or none.
  std::vector<std::size_t> keeper_;
};

class CalendarVote final : public Vote {
 public:
  CalendarVote(const KeepCalendar& calendar, const Ballot& ballot)
      : calendar_(calendar), ballot_(ballot) {
    std::map<std::int64_t, std::size_t> oldest;  // of each period
    for (std::size_t i = 0; i < ballot.size(); ++i) {
      period_.push_back(period_number(calendar.period, ballot.version(i).creation));
      oldest.try_emplace(period_[i], i);
    }
    for (auto it = oldest.rbegin(); it != oldest.rend() && chosen_.size() < calendar.count; ++it) {
      chosen_.insert(*it);
    }
  }
  bool keeps(std::size_t i) const override {
    const auto found = chosen_.find(period_[i]);
    return found != chosen_.end() && found->second == i;
  }
  std::string reason(std::size_t i) const override {
    const auto found = chosen_.find(period_[i]);
    const auto rule = fmt::format("{} {}", to_string(calendar_.period), calendar_.count);
    if (found == chosen_.end()) return "past " + rule;
    const auto name = period_name(calendar_.period, ballot_.version(i).creation);
    if (found->second == i) return fmt::format("{}: the oldest of {}", rule, name);
    return fmt::format("{} keeps {} for {}", rule, ballot_.version(found->second).str(), name);
  }
  std::optional<Buckets> buckets() const override {
    Buckets out;
    out.from = ballot_.from;
    if (chosen_.empty()) return out;
    const std::int64_t youngest = chosen_.rbegin()->first;
    std::map<Interval, Bucket> found;
    for (std::size_t i = 0; i < ballot_.size(); ++i) {
      if (!chosen_.contains(period_[i])) {
        ++out.older;
        continue;
      }
      const auto number = static_cast<std::uint64_t>(youngest - period_[i]);
      put(found, {0, number}, ballot_.version(i).creation, i);
    }
    out.occupied = in_order(std::move(found));
    return out;
  }

 private:
  const KeepCalendar& calendar_;
  const Ballot& ballot_;
  std::vector<std::int64_t> period_;
  std::map<std::int64_t, std::size_t> chosen_;
};

// The keeps that look at one snapshot at a time.
class SimpleVote final : public Vote {
 public:
  SimpleVote(const Keep& keep, const Ballot& ballot) : keep_(keep), ballot_(ballot) {}

  bool keeps(std::size_t i) const override {
    return std::visit(
        overloaded{[](const KeepGrid&) { return false; }, [](const KeepCalendar&) { return false; },
                   [&](const KeepLast& k) { return ballot_.size() - i <= k.count; },
                   [&](const KeepWithin& k) { return ballot_.age(i) <= k.age; },
                   [&](const KeepMatching& k) { return k.regex.matches(ballot_.version(i).name); },
                   [&](const KeepNotReplicated&) { return ballot_.snapshots[i].not_replicated; }},
        keep_.what);
  }
  std::string reason(std::size_t i) const override {
    if (std::holds_alternative<KeepNotReplicated>(keep_.what)) {
      return keeps(i) ? "not replicated yet" : "replicated, or never to be";
    }
    return keeps(i) ? keep_.str() : "not " + keep_.str();
  }

 private:
  const Keep& keep_;
  const Ballot& ballot_;
};

std::unique_ptr<Vote> vote(const Keep& keep, const Ballot& ballot) {
  if (const auto* grid = std::get_if<KeepGrid>(&keep.what)) {
    return std::make_unique<GridVote>(*grid, ballot);
  }
  if (const auto* calendar = std::get_if<KeepCalendar>(&keep.what)) {
    return std::make_unique<CalendarVote>(*calendar, ballot);
  }
  return std::make_unique<SimpleVote>(keep, ballot);
}

std::string join(const std::vector<std::string>& reasons) {
  return fmt::format("{}", fmt::join(reasons, "; "));
}

// Whether the newest, or made no earlier than it: those stay whatever the keeps say.
std::string unconditional(const Ballot& ballot, std::size_t i) {
  if (i + 1 == ballot.size()) return "the newest";
  const bool before = ballot.version(i).creation < ballot.version(ballot.size() - 1).creation;
  return before ? "" : "not created before the newest";
}

// Of at least one snapshot.
Ballot ballot_of(std::span<const Candidate> snapshots, Seconds now) {
  return {snapshots, std::min(snapshots.back().version->creation, now)};
}

}  // namespace

std::vector<Buckets> buckets(std::span<const Candidate> snapshots, std::span<const Keep> keeps,
                             Seconds now) {
  std::vector<Buckets> out;
  if (snapshots.empty()) return out;
  const Ballot ballot = ballot_of(snapshots, now);
  for (const Keep& keep : keeps) {
    auto found = vote(keep, ballot)->buckets();
    if (!found) continue;
    found->keep = &keep;
    out.push_back(std::move(*found));
  }
  return out;
}

std::vector<Verdict> judge(std::span<const Candidate> snapshots, std::span<const Keep> keeps,
                           Seconds now, Explain explain) {
  std::vector<Verdict> verdicts(snapshots.size());
  if (snapshots.empty()) return verdicts;

  const Ballot ballot = ballot_of(snapshots, now);
  std::vector<std::unique_ptr<Vote>> votes;
  for (const Keep& keep : keeps) votes.push_back(vote(keep, ballot));

  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    const std::string always = unconditional(ballot, i);
    Verdict& verdict = verdicts[i];
    verdict.keep = !always.empty() || std::any_of(votes.begin(), votes.end(),
                                                  [i](const auto& v) { return v->keeps(i); });
    if (verdict.keep && explain == Explain::destroys) continue;
    std::vector<std::string> reasons;
    if (!always.empty()) reasons.push_back(always);
    for (const auto& v : votes) {
      if (v->keeps(i) == verdict.keep) reasons.push_back(v->reason(i));
    }
    verdict.reason = join(reasons);
  }
  return verdicts;
}

}  // namespace zr
