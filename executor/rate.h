#pragma once

#include <chrono>
#include <cstdint>

namespace zr {

// A token bucket. It holds at most a tenth of a second's worth, so that a limit is kept over
// short times as well; it starts empty. The clock is the caller's.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  TokenBucket(std::uint64_t bytes_per_second, Clock::time_point now);

  // What may be moved now.
  std::uint64_t available(Clock::time_point now);
  void take(std::uint64_t bytes);
  // When it is worth asking again after available() gave too little: a fair part of the bucket is
  // there then.
  Clock::time_point next(Clock::time_point now) const;

 private:
  double per_second_;
  double capacity_;
  double tokens_ = 0;
  Clock::time_point filled_at_;
};

}  // namespace zr
