#include "executor/run/rate.h"

#include <algorithm>

namespace zr {
namespace {

constexpr std::chrono::milliseconds most_saved{100};
// Short pieces keep the limit over short times as well; long ones cost fewer wakeups.
constexpr double piece_seconds = 0.02;
constexpr double max_piece_bytes = 256 * 1024;

}  // namespace

RateLimit::RateLimit(std::uint64_t bytes_per_second, Clock::time_point now)
    : per_second_(static_cast<double>(std::max<std::uint64_t>(bytes_per_second, 1))),
      reserved_until_(now) {}

RateLimit::Clock::time_point RateLimit::reserve(std::uint64_t bytes, Clock::time_point now) {
  const std::chrono::duration<double> takes(static_cast<double>(bytes) / per_second_);
  const std::scoped_lock lock(mutex_);
  reserved_until_ =
      std::max(reserved_until_, now - most_saved) + std::chrono::ceil<Clock::duration>(takes);
  return std::max(reserved_until_, now);
}

std::uint64_t Pace::available(Clock::time_point now) {
  if (available_ == 0) {
    ready_at_ = now;
    for (const auto& limit : limits_)
      ready_at_ = std::max(ready_at_, limit->reserve(piece_bytes_, now));
    available_ = piece_bytes_;
  }
  return now >= ready_at_ ? available_ : 0;
}

RateLimits::RateLimits(const Plan& plan, const std::map<HostName, std::uint64_t>& hosts,
                       RateLimit::Clock::time_point now) {
  double piece = max_piece_bytes;
  const auto limit = [&](std::uint64_t bytes_per_second) {
    auto made = std::make_shared<RateLimit>(bytes_per_second, now);
    piece = std::min(piece, made->bytes_per_second() * piece_seconds);
    return made;
  };
  for (const auto& [host, rate] : hosts) hosts_.emplace(host, limit(rate));
  for (const Step& step : plan.steps) {
    const auto* recv = std::get_if<Recv>(&step.action);
    if (recv && recv->rate_bytes_per_second && !jobs_.contains(step.job))
      jobs_.emplace(step.job, limit(*recv->rate_bytes_per_second));
  }
  // The same for all, or the shares would not be fair.
  piece_bytes_ = std::max<std::uint64_t>(static_cast<std::uint64_t>(piece), 1);
}

Pace RateLimits::of_stream(const Step& sender, const Step& receiver) const {
  std::vector<std::shared_ptr<RateLimit>> limits;
  const auto add = [&](const auto& all, const auto& key) {
    const auto found = all.find(key);
    if (found != all.end()) limits.push_back(found->second);
  };
  add(hosts_, sender.host);
  if (receiver.host != sender.host) add(hosts_, receiver.host);
  if (std::get<Recv>(receiver.action).rate_bytes_per_second) add(jobs_, receiver.job);
  return {std::move(limits), piece_bytes_};
}

}  // namespace zr
