#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lang/retention.h"

namespace zr {

// What becomes of the snapshots of one dataset when one is taken every `every`, from `begin` on,
// and the keeps judge all of them right after. Deterministic, and after a while it repeats itself:
// then what is seen over one period is so for ever. Times are whole seconds since the epoch, and
// none is before it.
class Orbit {
 public:
  // Whether the keep looks at nothing but when snapshots were taken. Of any other an orbit knows
  // nothing.
  static bool looks_at_time_only(const Keep&);
  // Whether it besides repeats itself soon enough to wait for it: grids, `last`, `within`, and the
  // calendar up to weeks. Months and years come out even after 400 years only.
  static bool can_follow(const Keep&);

  // The keeps live as long as the orbit.
  Orbit(std::span<const Keep> keeps, std::chrono::seconds every,
        std::chrono::seconds begin = std::chrono::seconds{0});

  // Takes the next snapshot, and destroys what no keep wants.
  void step();

  // The creation times of those that are there, the oldest first.
  const std::vector<std::int64_t>& times() const { return times_; }
  std::int64_t now() const { return times_.empty() ? 0 : times_.back(); }
  // Whether the last step destroyed the snapshot of the one before.
  bool destroyed_previous() const { return destroyed_previous_; }
  // What a step costs, in snapshots and groups of grids that are looked at.
  std::size_t work() const;
  // Everything that the future depends on is as it was in the other orbit of the same `every`.
  bool is_like(const Orbit&) const;

 private:
  void mark(const Keep&);
  void mark(const KeepGrid&);
  void mark(const KeepCalendar&);

  std::span<const Keep> keeps_;
  std::int64_t every_;
  std::int64_t phase_seconds_ = 1;  // the calendar's keeps repeat after so long
  std::int64_t next_;
  std::vector<std::int64_t> times_;
  std::vector<bool> wanted_;
  bool destroyed_previous_ = false;
};

// Bounds how much is simulated for one policy, in snapshots looked at.
class OrbitBudget {
 public:
  static constexpr int max_steps = 20'000;  // of an orbit that is to repeat itself

  OrbitBudget() = default;
  OrbitBudget(std::size_t of_one_orbit, std::size_t of_all)
      : of_one_orbit_(of_one_orbit), left_(of_all) {}

  // False when this is too much, for the orbit or for all of them.
  bool spend(std::size_t snapshots) {
    spent_ += snapshots;
    left_ -= left_ < snapshots ? left_ : snapshots;
    return left_ > 0 && spent_ < of_one_orbit_;
  }
  void begin_orbit() { spent_ = 0; }

 private:
  std::size_t of_one_orbit_ = 4'000'000;
  std::size_t spent_ = 0;
  std::size_t left_ = 20'000'000;
};

// What one period of the orbit has.
struct SteadyState {
  std::size_t fewest = 0, most = 0;  // snapshots after a step
  std::uint64_t steps = 0;           // of the period
  std::uint64_t short_lived = 0;     // of them, those whose snapshot is gone after the next
};
// None when it takes more than the budget to get there.
std::optional<SteadyState> steady_state(std::span<const Keep>, std::chrono::seconds every,
                                        OrbitBudget&);

// The most snapshots that are there after any step, and the first time at which they are.
struct Peak {
  std::size_t most = 0;
  std::int64_t at = 0;
};
// Of the steps before `end`, at least the first. The keeps look at time only. None when it takes
// more than the budget.
std::optional<Peak> peak(std::span<const Keep>, std::chrono::seconds every,
                         std::chrono::seconds begin, std::chrono::seconds end, OrbitBudget&);

// Whether two lists of keeps leave the same snapshots after every step, for ever. None when the
// budget does not suffice to tell.
std::optional<bool> same_orbit(std::span<const Keep>, std::span<const Keep>,
                               std::chrono::seconds every, OrbitBudget&);

}  // namespace zr
