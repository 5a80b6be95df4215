#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "lang/policy.h"
#include "planner/slots.h"

namespace zr {

// When a daemon runs which jobs; lang/README.md says what a site file can ask for.

// Jobs that run together, as often as the first of them says.
struct Turn {
  JobId leader;
  std::vector<JobId> jobs;  // the leader among them; sorted
  Slots slots;
  std::chrono::seconds jitter{0};
  bool is_assumed = false;  // the leader has no `every`, and nothing that it could follow
};

// A job that says `every` leads, as does one with nothing to follow, every hour. The others are in
// the turns of all that they follow, directly or by way of one that follows itself: of what makes
// snapshots where they work. Sorted by leader.
std::vector<Turn> timetable(const Policy&);

// When the turn begins that is for this slot: in it, late by its offset, which is a part of the
// slot's begin, and by the part of its jitter that the site, the leader and the slot decide.
Seconds begin_of(const Turn&, const SiteName&, std::int64_t slot);

// The last slot whose begin_of() is not after `now`.
std::int64_t current_slot(const Turn&, const SiteName&, Seconds now);

// When the turn has to run that ran last at `last`: in the past where it should have; one that
// never ran should have. A time that `now` is not at yet counts as now, so that a clock that was
// ahead for a while leaves nothing that is never due.
Seconds due_at(const Turn&, const SiteName&, std::optional<Seconds> last, Seconds now);

}  // namespace zr
