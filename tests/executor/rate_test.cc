#include "executor/run/rate.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/executor/plan_text.h"

namespace zr {
namespace {

using Clock = RateLimit::Clock;
using Seconds = std::chrono::duration<double>;

// Streams that move all they may, in simulated time. What each has moved by `end`.
std::vector<double> moved_by(Clock::time_point end, std::vector<Pace> streams) {
  std::vector<double> moved(streams.size());
  Clock::time_point now;
  while (now < end) {
    Clock::time_point next = end;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (const std::uint64_t bytes = streams[i].available(now); bytes > 0) {
        streams[i].take(bytes);
        moved[i] += static_cast<double>(bytes);
        (void)streams[i].available(now);
      }
      next = std::min(next, streams[i].next());
    }
    now = std::max(next, now + std::chrono::microseconds(1));
  }
  return moved;
}

Clock::time_point after(double seconds) {
  return Clock::time_point(std::chrono::duration_cast<Clock::duration>(Seconds(seconds)));
}

TEST_CASE("a limit holds to within 5 % from the first second on, whatever it is") {
  CHECK(rc::check("one stream", [] {
    const auto rate = static_cast<std::uint64_t>(*rc::gen::inRange(100, 2'000'000'000));
    const double seconds = *rc::gen::inRange(1, 5);
    const auto limit = std::make_shared<RateLimit>(rate, Clock::time_point());
    const double moved = moved_by(
        after(seconds), {Pace({limit}, std::clamp<std::uint64_t>(rate / 50, 1, 262144))})[0];
    const double expected = seconds * static_cast<double>(rate);
    RC_ASSERT(moved <= expected * 1.001 + 1);
    RC_ASSERT(moved >= expected * 0.95);
  }));
}

TEST_CASE("streams share a limit fairly, and what a slow one leaves goes to the others") {
  const auto host = std::make_shared<RateLimit>(1'000'000, Clock::time_point());
  const auto job = std::make_shared<RateLimit>(100'000, Clock::time_point());
  const std::uint64_t piece = 2000;
  const auto moved =
      moved_by(after(10), {Pace({host}, piece), Pace({host}, piece), Pace({host, job}, piece)});
  CHECK(moved[2] == doctest::Approx(1'000'000).epsilon(0.05));
  CHECK(moved[0] == doctest::Approx(4'500'000).epsilon(0.05));
  CHECK(moved[1] == doctest::Approx(4'500'000).epsilon(0.05));
}

TEST_CASE("after a rest no more than a tenth of a second's worth goes at once") {
  RateLimit limit(1000, {});
  const auto now = after(100);
  CHECK(limit.reserve(100, now) == now);
  CHECK(limit.reserve(100, now) > now);
}

TEST_CASE("the limits of a run are those of both hosts and of the job") {
  Plan plan = plan_from_text(
      "nas send tank/a@a=7\nvault recv back/a of 1\nnas send tank/b@a=8\nvault recv back/b of 3\n"
      "nas send tank/c@a=9\nattic recv back/c of 5");
  for (const StepId slow : {2U, 4U}) {
    plan.steps[slow - 1].job = JobId{JobKind::push, "slow"};
    std::get<Recv>(plan.steps[slow - 1].action).rate_bytes_per_second = 100'000;
  }
  const RateLimits limits(plan, {{HostName("nas"), 1'000'000}}, {});
  const auto pace = [&](StepId sender) {
    return limits.of_stream(plan.step(sender), plan.step(sender + 1));
  };
  const auto moved = moved_by(after(10), {pace(1), pace(3), pace(5)});
  CHECK(moved[0] == doctest::Approx(500'000).epsilon(0.05));
  CHECK(moved[1] == doctest::Approx(500'000).epsilon(0.05));
  CHECK(moved[2] == doctest::Approx(9'000'000).epsilon(0.05));
  CHECK_FALSE(RateLimits(plan_from_text("nas send tank/a@a=7\nvault recv back/a of 1"), {}, {})
                  .of_stream(plan.step(5), plan.step(6))
                  .is_limited());
}

}  // namespace
}  // namespace zr
