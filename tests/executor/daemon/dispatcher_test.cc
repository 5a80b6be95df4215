#include "executor/daemon/dispatcher.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rapidcheck.h>

#include <string>

#include "tests/support/policy_text.h"

namespace zr {
namespace {

JobId job(const std::string& name) { return JobId::parse(name).value(); }

Policy site(const std::string& jobs) {
  return policy_from_text("site office\nhost nas { transport local }\n" + jobs);
}
std::string autosnap(const std::string& name, const std::string& pool, const std::string& when) {
  return fmt::format("autosnap {} {{ on nas; datasets {{ {}< -> ok }}; prefix \"z_\"; {} }}\n",
                     name, pool, when);
}
std::string prune(const std::string& name, const std::string& pool, const std::string& when = "") {
  return fmt::format(
      "prune {} {{ on nas; datasets {{ {}< -> ok }}; snapshots any; keep last 3; {} }}\n", name,
      pool, when);
}

const std::string two_pools = autosnap("tank", "tank", "every 1h") + prune("tank", "tank") +
                              autosnap("fast", "fast", "every 15m");

class Desk {
 public:
  explicit Desk(const std::string& jobs, DaemonMemory memory = {})
      : dispatcher(site(jobs), std::move(memory)) {}

  // "autosnap.tank+prune.tank autosnap.fast": what begins at this second.
  std::string at(std::int64_t seconds) {
    now = Seconds(std::chrono::seconds(seconds));
    std::string text;
    for (const auto& start : dispatcher.begin(now)) {
      std::vector<std::string> jobs;
      for (const JobId& id : start.jobs) jobs.push_back(id.str());
      text += (text.empty() ? "" : " ") + fmt::format("{}", fmt::join(jobs, "+"));
      runs[start.name.str()] = start.run;
      tidied += start.tidies ? 1 : 0;
      allowed = start.allow_budget.value_or("");
    }
    return text;
  }
  std::set<Ticket> ends(const std::string& name, ExitStatus status = ExitStatus::done) {
    return dispatcher.ended(runs.at(name), status, now);
  }
  std::int64_t next() const {
    const auto next = dispatcher.next(now);
    return next ? next->time_since_epoch().count() : -1;
  }
  JobState state(const std::string& name) const {
    for (const JobState& each : dispatcher.states(now))
      if (each.job == job(name)) return each;
    throw std::runtime_error("no such job");
  }

  Dispatcher dispatcher;
  Seconds now{};
  std::map<std::string, std::uint64_t> runs;
  int tidied = 0;
  std::string allowed;
};

TEST_CASE("each turn begins once in its slot, with what follows it") {
  Desk desk(two_pools);
  CHECK(desk.at(7200) == "autosnap.fast autosnap.tank+prune.tank");
  desk.ends("autosnap.fast");
  desk.ends("autosnap.tank");
  CHECK(desk.at(7201).empty());
  CHECK(desk.next() == 8100);
  CHECK(desk.at(8100) == "autosnap.fast");
  CHECK(desk.tidied == 1);
  desk.ends("autosnap.fast", ExitStatus::steps_failed);
  CHECK(desk.state("autosnap.fast").status == ExitStatus::steps_failed);
  CHECK(desk.state("prune.tank").due == Seconds(std::chrono::seconds(10800)));
}

TEST_CASE("a run that is late delays the next, and is never overtaken by itself") {
  Desk desk(autosnap("fast", "fast", "every 15m"));
  CHECK(desk.at(900) == "autosnap.fast");
  CHECK(desk.at(1800).empty());
  CHECK(desk.next() == -1);  // an end comes first
  CHECK(desk.at(9999).empty());
  desk.ends("autosnap.fast");
  CHECK(desk.at(9999) == "autosnap.fast");  // once for all that was missed
  desk.ends("autosnap.fast");
  CHECK(desk.at(9999).empty());
  CHECK(desk.next() == 10800);
}

TEST_CASE("jobs that touch one dataset wait for each other, who ran longest ago goes first") {
  Desk desk(autosnap("a", "tank", "every 1h") + autosnap("b", "tank", "every 1h; offset 1m") +
            autosnap("c", "fast", "every 1h; offset 2m"));
  CHECK(desk.at(3720) == "autosnap.a autosnap.c");
  desk.ends("autosnap.c");
  CHECK(desk.at(3721).empty());  // b waits for a
  CHECK(desk.next() == 7200);
  CHECK(desk.at(7320) == "autosnap.c");
  desk.ends("autosnap.a");
  CHECK(desk.at(7320) == "autosnap.b");  // before a, which is due again
  desk.ends("autosnap.b");
  CHECK(desk.at(7320) == "autosnap.a");
}

TEST_CASE("a daemon that begins again knows what it did, and forgets jobs that are gone") {
  DaemonMemory memory;
  memory.last[job("autosnap.tank")] = Seconds(std::chrono::seconds(7300));
  memory.last[job("push.gone")] = Seconds(std::chrono::seconds(7300));
  memory.paused = {job("autosnap.fast"), job("pull.gone")};
  Desk desk(two_pools, memory);
  CHECK(desk.at(7400).empty());
  CHECK(desk.next() == 10800);
  CHECK(desk.dispatcher.memory().last.size() == 1);
  CHECK(desk.dispatcher.memory().paused == std::set{job("autosnap.fast")});
}

TEST_CASE("who asks for a run gets one that begins afterwards") {
  Desk desk(two_pools);
  desk.at(7200);
  const auto ticket = desk.dispatcher.wake(job("autosnap.tank"));
  REQUIRE(ticket);
  CHECK(desk.dispatcher.wake(job("autosnap.tank"), "cafe") == ticket);
  CHECK(desk.dispatcher.wake(job("autosnap.tank")) == ticket);
  CHECK(!desk.dispatcher.wake(job("push.tank")));
  CHECK(desk.at(7201).empty());
  CHECK(desk.state("autosnap.tank").is_wanted);
  CHECK(desk.ends("autosnap.tank").empty());
  CHECK(desk.at(7202) == "autosnap.tank+prune.tank");
  CHECK(desk.allowed == "cafe");
  CHECK(!desk.state("autosnap.tank").is_wanted);
  CHECK(desk.ends("autosnap.tank") == std::set{*ticket});
  SUBCASE("what follows runs alone when it is asked for, beside nothing that it touches") {
    REQUIRE(desk.dispatcher.wake(job("prune.tank")));
    CHECK(desk.at(7203) == "prune.tank");
    CHECK(desk.at(10800).empty());
    desk.ends("prune.tank");
    CHECK(desk.at(10800) == "autosnap.tank+prune.tank");
  }
  SUBCASE("it counts for its slot") {
    REQUIRE(desk.dispatcher.wake(job("autosnap.tank")));
    CHECK(desk.at(10800) == "autosnap.tank+prune.tank");
    desk.ends("autosnap.tank");
    CHECK(desk.at(10801).empty());
  }
}

TEST_CASE("a job that is paused is left out, and runs once when it is resumed") {
  Desk desk(two_pools);
  CHECK(!desk.dispatcher.pause(job("push.tank")));
  REQUIRE(desk.dispatcher.pause(job("autosnap.fast")));
  REQUIRE(desk.dispatcher.pause(job("autosnap.tank")));
  CHECK(desk.at(7200) == "prune.tank");  // its turn is another's no more than its own
  desk.ends("autosnap.tank");
  CHECK(!desk.state("autosnap.fast").due);
  REQUIRE(desk.dispatcher.pause(job("prune.tank")));
  CHECK(desk.at(99'999).empty());
  CHECK(desk.next() == -1);
  SUBCASE("unless somebody asks") {
    REQUIRE(desk.dispatcher.wake(job("autosnap.fast")));
    CHECK(desk.at(99'999) == "autosnap.fast");
  }
  REQUIRE(desk.dispatcher.resume(job("autosnap.tank")));
  CHECK(desk.at(99'999) == "autosnap.tank");
}

TEST_CASE("a new policy takes over while the old one's runs go on") {
  Desk desk(two_pools);
  CHECK(desk.at(7200) == "autosnap.fast autosnap.tank+prune.tank");
  const auto gone = desk.dispatcher.wake(job("prune.tank"));
  REQUIRE(gone);
  CHECK(desk.dispatcher.adopt(site(autosnap("tank", "tank", "every 30m") +
                                   autosnap("new", "fast", "every 1h"))) == std::set{*gone});
  CHECK(desk.at(7201).empty());  // `new` touches what `fast` still does
  desk.ends("autosnap.fast");
  CHECK(desk.at(7202) == "autosnap.new");
  CHECK(desk.tidied == 2);
  CHECK(desk.at(9000).empty());
  desk.ends("autosnap.tank");
  CHECK(desk.at(9000) == "autosnap.tank");
}

TEST_CASE(
    "a year with long runs, suspends, restarts and clocks that jump: nothing overlaps or is left "
    "out") {
  CHECK(rc::check([] {
    const std::vector<std::string> names{"a", "b", "c"};
    std::string jobs;
    for (const auto& name : names) {
      jobs += autosnap(name, *rc::gen::element<std::string>("tank", "tank/x", "fast"),
                       *rc::gen::element<std::string>("every 15m", "every 1h; offset 7m",
                                                      "every 1d; offset 2h; jitter 30m"));
    }
    jobs += prune("p", "tank");
    const Policy policy = site(jobs);
    auto dispatcher = std::make_unique<Dispatcher>(policy, DaemonMemory{});
    struct Run {
      std::uint64_t id;
      std::vector<JobId> jobs;
      Seconds ends;
    };
    std::vector<Run> running;
    std::map<JobId, std::vector<Seconds>> begun;
    Seconds now{std::chrono::seconds(1'700'000'000)};
    const Seconds end = now + std::chrono::days(365);
    bool has_jumped = false;
    while (now < end) {
      for (const auto& start : dispatcher->begin(now)) {
        for (const Run& other : running)
          RC_ASSERT(!Territory(policy, other.jobs).meets(Territory(policy, start.jobs)));
        const auto length = std::chrono::seconds(*rc::gen::inRange(1, 4000));
        running.push_back({start.run, start.jobs, now + length});
        begun[start.name].push_back(now);
      }
      // The next thing that happens.
      const auto next = dispatcher->next(now);
      RC_ASSERT(next || !running.empty());
      Seconds then = next.value_or(end);
      for (const Run& run : running) then = std::min(then, run.ends);
      const int mishap = *rc::gen::inRange(0, 400);
      if (mishap == 0) then += std::chrono::hours(*rc::gen::inRange(1, 200));  // asleep
      now = std::max(then, now);
      if (mishap == 1) {
        now -= std::chrono::hours(*rc::gen::inRange(0, 30));
        has_jumped = true;
      }
      if (mishap == 2) {
        running.clear();
        dispatcher = std::make_unique<Dispatcher>(policy, dispatcher->memory());
      }
      std::erase_if(running, [&](const Run& run) {
        if (run.ends > now) return false;
        dispatcher->ended(run.id, ExitStatus::done, now);
        return true;
      });
    }
    if (has_jumped) return;
    for (const Turn& turn : timetable(policy)) {
      std::set<std::int64_t> slots;
      for (const Seconds at : begun[turn.leader])
        RC_ASSERT(slots.insert(current_slot(turn, policy.site, at)).second);
      RC_ASSERT(slots.size() > 100U);
    }
  }));
}

}  // namespace
}  // namespace zr
