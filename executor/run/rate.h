#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "lang/names.h"
#include "planner/plan.h"

namespace zr {

// So much a second, by all streams together that share it. They take places in one line, so those
// that ask for equal pieces get equal shares, and what a slow one leaves goes to the others. It
// begins with nothing, and saves up no more than a tenth of a second's worth. (The generic cell
// rate algorithm.) Safe from several threads; the clock is the caller's.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  RateLimit(std::uint64_t bytes_per_second, Clock::time_point now);

  // When these bytes may be moved, not before `now`.
  Clock::time_point reserve(std::uint64_t bytes, Clock::time_point now);
  double bytes_per_second() const { return per_second_; }

 private:
  const double per_second_;
  std::mutex mutex_;
  Clock::time_point reserved_until_;
};

// One stream's part in the limits that it is under; none: as fast as it goes.
class Pace {
 public:
  using Clock = RateLimit::Clock;

  Pace() = default;
  Pace(std::vector<std::shared_ptr<RateLimit>> limits, std::uint64_t piece_bytes)
      : limits_(std::move(limits)), piece_bytes_(piece_bytes) {}

  bool is_limited() const { return !limits_.empty(); }
  // What may be moved now. 0: not before next().
  std::uint64_t available(Clock::time_point now);
  void take(std::uint64_t bytes) { available_ -= bytes; }
  Clock::time_point next() const { return ready_at_; }

 private:
  std::vector<std::shared_ptr<RateLimit>> limits_;
  std::uint64_t piece_bytes_ = 0;
  std::uint64_t available_ = 0;  // of the piece that is reserved
  Clock::time_point ready_at_{};
};

// The limits of a run: those of hosts, for all streams from and to each, and those of jobs, as
// their recv steps have them.
class RateLimits {
 public:
  RateLimits(const Plan&, const std::map<HostName, std::uint64_t>& hosts,
             RateLimit::Clock::time_point now);

  Pace of_stream(const Step& sender, const Step& receiver) const;

 private:
  std::map<HostName, std::shared_ptr<RateLimit>> hosts_;
  std::map<std::optional<JobId>, std::shared_ptr<RateLimit>> jobs_;
  std::uint64_t piece_bytes_;
};

}  // namespace zr
