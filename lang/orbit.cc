#include "lang/orbit.h"

#include <algorithm>

namespace zr {
namespace {

constexpr std::int64_t hour = 3600, day = 24 * hour, week = 7 * day;
constexpr std::int64_t epoch_weekday = 3 * day;          // 1 January 1970 was a Thursday
constexpr std::int64_t gregorian_cycle = 146'097 * day;  // 400 years, and whole weeks

// After how long the periods lie as they did before. Each divides the next.
std::int64_t repeats_after(Period period) {
  switch (period) {
    case Period::hourly:
      return hour;
    case Period::daily:
      return day;
    case Period::weekly:
      return week;
    case Period::monthly:
    case Period::yearly:
      break;
  }
  return gregorian_cycle;
}

// When the period that a time is in began.
std::int64_t begin_of(Period period, std::int64_t time) {
  if (period != Period::monthly && period != Period::yearly) {
    const std::int64_t offset = period == Period::weekly ? epoch_weekday : 0;
    return time - (time + offset) % repeats_after(period);
  }
  const std::chrono::year_month_day date{
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(time)))};
  const auto month = period == Period::yearly ? std::chrono::January : date.month();
  return std::chrono::sys_seconds(std::chrono::sys_days(date.year() / month / 1))
      .time_since_epoch()
      .count();
}

// Which interval of a grid ages above 0 fall into, each at most as old as the one before: one walk
// over the groups for all of them.
class Intervals {
 public:
  explicit Intervals(const KeepGrid& grid) : grid_(grid), group_(grid.groups.size()) {
    for (const GridGroup& group : grid.groups) {
      edge_ += length_of(group);
      before_ += static_cast<std::int64_t>(group.count);
    }
  }

  // Counted through all groups; -1 behind the last.
  std::int64_t number_of(std::int64_t age) {
    while (group_ > 0 && age <= edge_) {
      --group_;
      edge_ -= length_of(grid_.groups[group_]);
      before_ -= static_cast<std::int64_t>(grid_.groups[group_].count);
      if (age > edge_) break;
    }
    if (group_ == grid_.groups.size()) return -1;
    return before_ + (age - edge_ - 1) / grid_.groups[group_].length.count();
  }
  // How many stay in each interval of the group that was found last.
  const std::optional<std::uint64_t>& keep() const { return grid_.groups[group_].keep; }

 private:
  static std::int64_t length_of(const GridGroup& group) {
    return static_cast<std::int64_t>(group.count) * group.length.count();
  }

  const KeepGrid& grid_;
  std::size_t group_;  // of them, the one that begins at edge_; the number of groups: behind all
  std::int64_t edge_ = 0;
  std::int64_t before_ = 0;  // intervals of the groups before it
};

// Brent's way to find a cycle: one state is remembered, a later one each time the steps double.
template <class State, class Step, class Remember>
bool until_it_repeats(State& state, Step step, Remember remember) {
  State seen = state;
  remember();
  std::uint64_t since = 0, power = 1;
  for (int n = 0; n < OrbitBudget::max_steps; ++n) {
    if (!step(state)) return false;
    if (state.is_like(seen)) return true;
    if (++since == power) {
      seen = state;
      remember();
      since = 0;
      power *= 2;
    }
  }
  return false;
}

// How many steps pass before anything is as old as the keep reaches: the orbit can't repeat itself
// sooner.
double steps_to_fill(const Keep& keep, double every) {
  if (const auto* last = std::get_if<KeepLast>(&keep.what)) {
    return static_cast<double>(last->count);
  }
  if (const auto* within = std::get_if<KeepWithin>(&keep.what)) {
    return static_cast<double>(within->age.count()) / every;
  }
  double reach = 0;
  if (const auto* grid = std::get_if<KeepGrid>(&keep.what)) {
    for (const GridGroup& group : grid->groups) {
      reach += static_cast<double>(group.count) * static_cast<double>(group.length.count());
    }
  }
  if (const auto* calendar = std::get_if<KeepCalendar>(&keep.what)) {
    const auto period = static_cast<double>(repeats_after(calendar->period));
    return static_cast<double>(calendar->count) * std::max(1.0, period / every);
  }
  return reach / every;
}

bool is_hopeless(std::span<const Keep> keeps, std::chrono::seconds every) {
  return std::any_of(keeps.begin(), keeps.end(), [&](const Keep& keep) {
    return steps_to_fill(keep, static_cast<double>(every.count())) >= OrbitBudget::max_steps;
  });
}

struct Pair {
  Orbit first, second;
  bool is_like(const Pair& other) const {
    return first.is_like(other.first) && second.is_like(other.second);
  }
};

}  // namespace

bool Orbit::looks_at_time_only(const Keep& keep) {
  return !std::holds_alternative<KeepMatching>(keep.what) &&
         !std::holds_alternative<KeepNotReplicated>(keep.what);
}

bool Orbit::can_follow(const Keep& keep) {
  const auto* calendar = std::get_if<KeepCalendar>(&keep.what);
  if (calendar != nullptr && repeats_after(calendar->period) == gregorian_cycle) return false;
  return looks_at_time_only(keep);
}

Orbit::Orbit(std::span<const Keep> keeps, std::chrono::seconds every, std::chrono::seconds begin)
    : keeps_(keeps), every_(every.count()), next_(begin.count()) {
  for (const Keep& keep : keeps) {
    if (const auto* calendar = std::get_if<KeepCalendar>(&keep.what)) {
      phase_seconds_ = std::max(phase_seconds_, repeats_after(calendar->period));
    }
  }
}

void Orbit::step() {
  times_.push_back(next_);
  next_ += every_;
  wanted_.assign(times_.size(), false);
  wanted_.back() = true;
  for (const Keep& keep : keeps_) mark(keep);
  destroyed_previous_ = times_.size() > 1 && !wanted_[times_.size() - 2] &&
                        times_[times_.size() - 2] == times_.back() - every_;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < times_.size(); ++i) {
    if (wanted_[i]) times_[kept++] = times_[i];
  }
  times_.resize(kept);
}

std::size_t Orbit::work() const {
  std::size_t work = 1;
  for (const Keep& keep : keeps_) {
    const auto* grid = std::get_if<KeepGrid>(&keep.what);
    work += times_.size() + 1 + (grid == nullptr ? 0 : grid->groups.size());
  }
  return work;
}

void Orbit::mark(const Keep& keep) {
  if (const auto* grid = std::get_if<KeepGrid>(&keep.what)) return mark(*grid);
  if (const auto* calendar = std::get_if<KeepCalendar>(&keep.what)) return mark(*calendar);
  const auto* last = std::get_if<KeepLast>(&keep.what);
  const auto* within = std::get_if<KeepWithin>(&keep.what);
  const std::size_t size = times_.size();
  for (std::size_t i = size; i-- > 0;) {
    if (last != nullptr ? size - i > last->count
                        : within == nullptr || now() - times_[i] > within->age.count()) {
      return;
    }
    wanted_[i] = true;
  }
}

void Orbit::mark(const KeepGrid& grid) {
  Intervals intervals(grid);
  std::int64_t current = -1;
  std::uint64_t taken = 0;
  for (std::size_t i = 0; i + 1 < times_.size(); ++i) {
    const std::int64_t number = intervals.number_of(now() - times_[i]);
    if (number < 0) continue;
    if (number != current) taken = 0;
    current = number;
    if (!intervals.keep() || taken++ < *intervals.keep()) wanted_[i] = true;
  }
}

void Orbit::mark(const KeepCalendar& calendar) {
  auto end = times_.end();
  for (std::uint64_t n = 0; n < calendar.count && end != times_.begin(); ++n) {
    // The oldest of the period that the youngest one left is in.
    end = std::lower_bound(times_.begin(), end, begin_of(calendar.period, *(end - 1)));
    wanted_[static_cast<std::size_t>(end - times_.begin())] = true;
  }
}

bool Orbit::is_like(const Orbit& other) const {
  if (times_.size() != other.times_.size() ||
      (next_ - other.next_) % std::max(phase_seconds_, other.phase_seconds_) != 0) {
    return false;
  }
  const std::int64_t apart = next_ - other.next_;
  return std::equal(times_.begin(), times_.end(), other.times_.begin(),
                    [apart](std::int64_t a, std::int64_t b) { return a - b == apart; });
}

std::optional<SteadyState> steady_state(std::span<const Keep> keeps, std::chrono::seconds every,
                                        OrbitBudget& budget) {
  if (is_hopeless(keeps, every)) return std::nullopt;
  budget.begin_orbit();
  Orbit orbit(keeps, every);
  orbit.step();
  SteadyState seen;
  const auto step = [&](Orbit& o) {
    o.step();
    if (!budget.spend(o.work())) return false;
    seen.fewest = seen.steps == 0 ? o.times().size() : std::min(seen.fewest, o.times().size());
    seen.most = std::max(seen.most, o.times().size());
    seen.short_lived += o.destroyed_previous() ? 1U : 0U;
    ++seen.steps;
    return true;
  };
  if (!until_it_repeats(orbit, step, [&] { seen = {}; })) return std::nullopt;
  return seen;
}

std::optional<Peak> peak(std::span<const Keep> keeps, std::chrono::seconds every,
                         std::chrono::seconds begin, std::chrono::seconds end,
                         OrbitBudget& budget) {
  budget.begin_orbit();
  Orbit orbit(keeps, every, begin);
  Peak seen;
  do {
    if (!budget.spend(orbit.work())) return std::nullopt;
    orbit.step();
    if (orbit.times().size() > seen.most) seen = {orbit.times().size(), orbit.now()};
  } while (orbit.now() + every.count() < end.count());
  return seen;
}

std::optional<bool> same_orbit(std::span<const Keep> first, std::span<const Keep> second,
                               std::chrono::seconds every, OrbitBudget& budget) {
  if (is_hopeless(first, every)) return std::nullopt;
  budget.begin_orbit();
  Pair pair{Orbit(first, every), Orbit(second, every)};
  bool differs = false;
  const auto step = [&](Pair& p) {
    p.first.step();
    p.second.step();
    differs = p.first.times() != p.second.times();
    return !differs && budget.spend(p.first.work() + p.second.work());
  };
  if (until_it_repeats(pair, step, [] {})) return true;
  return differs ? std::optional(false) : std::nullopt;
}

}  // namespace zr
