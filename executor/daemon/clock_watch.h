#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "planner/world.h"

namespace zr {

// Whether the wall clock can be believed, by a clock that nobody sets: time since the machine came
// up, its sleep included. A clock that is far ahead makes old snapshots out of young ones. Pure.
class ClockWatch {
 public:
  using Uptime = std::chrono::seconds;

  // What is too much between the last run and now, or at once; and how long a clock that went so
  // far has to go on before it is believed: whoever sets the clock has had the time to.
  static constexpr std::chrono::hours implausible{30 * 24};
  static constexpr std::chrono::hours trial{1};

  // `last`: when there was a run last; none: not known.
  ClockWatch(std::optional<Seconds> last, Seconds now, Uptime);

  // At least whenever a run may begin.
  void look(Seconds now, Uptime);
  // Why the clock is not believed; empty: it is.
  std::string doubt() const;

 private:
  void went_ahead(Seconds from, Seconds to, Uptime);

  Seconds now_;
  Uptime up_;
  struct Jump {
    Seconds from, to;
    Uptime when;
  };
  std::optional<Jump> jump_;
};

// CLOCK_BOOTTIME
ClockWatch::Uptime uptime();

}  // namespace zr
