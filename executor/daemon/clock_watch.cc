#include "executor/daemon/clock_watch.h"

#include <fmt/format.h>
#include <time.h>

#include "planner/render.h"

namespace zr {

ClockWatch::ClockWatch(std::optional<Seconds> last, Seconds now, Uptime up) : now_(now), up_(up) {
  if (last) went_ahead(*last, now, up);
}

void ClockWatch::went_ahead(Seconds from, Seconds to, Uptime when) {
  if (to - from > implausible) jump_ = {from, to, when};
}

void ClockWatch::look(Seconds now, Uptime up) {
  const Seconds expected = now_ + (up - up_);
  went_ahead(expected, now, up);
  if (jump_) {
    // Set back, or gone on for long enough.
    const Seconds by_then = jump_->from + (up - jump_->when);
    if (now - by_then <= implausible || up - jump_->when >= trial) jump_.reset();
  }
  now_ = now;
  up_ = up;
}

std::string ClockWatch::doubt() const {
  if (!jump_) return "";
  return fmt::format(
      "the clock went from {} to {} at once: nothing is destroyed until it has gone "
      "on for an hour",
      format_time(Millis(jump_->from)), format_time(Millis(jump_->to)));
}

ClockWatch::Uptime uptime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec);
}

}  // namespace zr
