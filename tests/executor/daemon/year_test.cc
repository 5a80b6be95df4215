// A year of a daemon's life in virtual time: the real timetable, dispatcher, planner and run, on
// the simulator.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "executor/daemon/dispatcher.h"
#include "planner/health_text.h"
#include "tests/executor/rehearsal.h"

namespace zr {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Seconds first_day{1'767'225'600s};  // 2026-01-01

RandomSite site() {
  return {R"(site office
host nas { transport sim "w" }
host vault { transport sim "w" }
autosnap often { on nas; datasets { tank< -> ok }; prefix "z_"; every 4h }
push vault { from nas; to vault; map { tank< -> backup/nas }; snapshots { prefix "z_" } }
prune nas {
  on nas
  datasets { tank< -> ok }
  snapshots { prefix "z_" }
  keep last 24
  keep daily 7
}
prune vault {
  on vault
  datasets { backup< -> ok }
  snapshots { prefix "z_" }
  keep last 12
  keep daily 31
  keep monthly 12
  every 1d
  offset 2h
  jitter 30m
}
)",
          world_from_text("observed 1767225600\nnas: tank guid=1\nnas: tank/db guid=2\n"
                          "vault: backup guid=3\n")};
}

class Life {
 public:
  // Runs all that begins until then, with nothing in the way of the clock.
  void live_until(Seconds then) {
    while (now < then) {
      // What ends makes room for others.
      for (auto all = dispatcher->begin(now); !all.empty(); all = dispatcher->begin(now))
        for (const auto& start : all) run(start);
      now = std::min(then, std::max(now + 1s, dispatcher->next(now).value_or(then)));
    }
  }
  void sleep(std::chrono::seconds time) { now += time; }
  void restart() {
    dispatcher = std::make_unique<Dispatcher>(rehearsal.policy, dispatcher->memory());
  }

  Health health() {
    rehearsal.now = now;
    return judge_health(rehearsal.policy, rehearsal.seen(absent), Millis(now));
  }

  Rehearsal rehearsal{site()};
  Seconds now = first_day;
  std::unique_ptr<Dispatcher> dispatcher =
      std::make_unique<Dispatcher>(rehearsal.policy, DaemonMemory{});
  std::optional<HostName> absent;        // can't be reached
  std::shared_ptr<Faults> next_crashes;  // the next run does
  int runs = 0;

 private:
  void run(const Dispatcher::Start& start) {
    ++runs;
    rehearsal.now = now;
    Policy policy = rehearsal.policy;
    policy.only = start.jobs;
    policy.tidies_with_only = start.tidies;
    policy.doubts_clock = true;
    const Plan plan = make_plan(policy, rehearsal.seen(absent), Millis(now));
    const auto report = rehearsal.apply(plan, std::exchange(next_crashes, nullptr), absent);
    const bool failed = report.count(event::Outcome::failed) > 0;
    dispatcher->ended(start.run, failed ? ExitStatus::steps_failed : ExitStatus::done, now);
  }
};

std::size_t snapshots_of(Life& life, const char* host, const char* dataset) {
  const World world = life.rehearsal.everything();
  const Dataset* found = world.hosts.at(HostName(host)).find(DatasetName::parse(dataset).value());
  REQUIRE(found);
  return static_cast<std::size_t>(std::count_if(found->versions.begin(), found->versions.end(),
                                                [](const Version& v) { return v.is_snapshot(); }));
}

}  // namespace

TEST_CASE("an undisturbed year keeps exactly what the policy promises") {
  Life life;
  life.live_until(first_day + days(365));
  CHECK(life.runs == 365 * 6 + 366);  // the vault's prune of the day before is late
  CHECK_MESSAGE(life.health().status() == HealthStatus::ok, render(life.health(), {}));
  // The last 24 are of four days, and three days more have one each.
  CHECK(snapshots_of(life, "nas", "tank/db") == 24 + 3);
  // The last 12 are of two days, of the month there are 29 more, and of the year 11 months; six
  // came since the vault was pruned.
  CHECK(snapshots_of(life, "vault", "backup/nas/db") >= 12 + 29 + 10);
  CHECK(snapshots_of(life, "vault", "backup/nas/db") <= 12 + 29 + 12 + 6);
}

TEST_CASE(
    "a year with outages, sleep, crashes and restarts ends as promised, and what is late is told") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto up_to = [&random](int most) {
      return std::uniform_int_distribution<int>(1, most)(random);
    };
    Life life;
    while (life.now < first_day + days(365)) {
      life.live_until(life.now + std::chrono::hours(up_to(400)));
      switch (up_to(4)) {
        case 1:  // the target can't be reached
          life.absent = HostName("vault");
          life.live_until(life.now + std::chrono::hours(up_to(30 * 24)));
          CHECK(life.health().status() != HealthStatus::ok);
          life.absent.reset();
          break;
        case 2:
          life.sleep(std::chrono::minutes(up_to(20 * 24 * 60)));
          break;
        case 3:
          life.next_crashes = std::make_shared<Faults>();
          life.next_crashes->crash_at_call(
              static_cast<std::uint64_t>(up_to(30)),
              up_to(2) == 1 ? Faults::Crash::before_it : Faults::Crash::after_it);
          break;
        default:
          life.restart();
      }
    }
    // A day to come to terms with the last of it, and one for what a day takes.
    life.live_until(life.now + days(2));
    const Health health = life.health();
    CHECK_MESSAGE(health.status() == HealthStatus::ok, render(health, {}));
    CHECK(snapshots_of(life, "nas", "tank/db") >= 24);
    CHECK(snapshots_of(life, "vault", "backup/nas/db") >= 12 + 20);
    CHECK(life.runs > 1000);
  }
}

}  // namespace zr
