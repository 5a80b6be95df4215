#include "executor/rate.h"

#include <algorithm>

namespace zr {
namespace {
constexpr double bucket_seconds = 0.1;
}

TokenBucket::TokenBucket(std::uint64_t bytes_per_second, Clock::time_point now)
    : per_second_(static_cast<double>(std::max<std::uint64_t>(bytes_per_second, 1))),
      capacity_(std::max(per_second_ * bucket_seconds, 1.0)),
      filled_at_(now) {}

std::uint64_t TokenBucket::available(Clock::time_point now) {
  if (now > filled_at_) {
    const std::chrono::duration<double> passed = now - filled_at_;
    tokens_ = std::min(capacity_, tokens_ + passed.count() * per_second_);
    filled_at_ = now;
  }
  return tokens_ >= 1 ? static_cast<std::uint64_t>(tokens_) : 0;
}

void TokenBucket::take(std::uint64_t bytes) { tokens_ -= static_cast<double>(bytes); }

TokenBucket::Clock::time_point TokenBucket::next(Clock::time_point now) const {
  const double wanted = std::max(capacity_ / 4, 1.0);
  if (tokens_ >= wanted) return now;
  const std::chrono::duration<double> wait((wanted - tokens_) / per_second_);
  return filled_at_ + std::chrono::ceil<Clock::duration>(wait);
}

}  // namespace zr
