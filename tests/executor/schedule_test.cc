#include "executor/run/schedule.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <deque>
#include <set>
#include <string>

#include "tests/executor/plan_text.h"

using namespace zr;

namespace {

using event::Outcome;
using Time = Schedule::Time;
using Slots = std::map<HostName, unsigned>;

std::vector<event::StepEnded> ends_of(const Unit& unit, const std::set<StepId>& failing) {
  std::vector<event::StepEnded> ends;
  bool fails = false;
  for (const StepId step : unit.steps)
    fails = fails || (unit.kind != Unit::Kind::changes && failing.count(step) > 0);
  for (const StepId step : unit.steps) {
    const bool failed = fails || failing.count(step) > 0;
    ends.push_back({step, failed ? Outcome::failed : Outcome::done, ""});
  }
  return ends;
}

// Starts whatever may start, then ends what was started first, and so on: "1 2+3 | 4 | 5" is step 1
// beside the stream (or batch) of 2 and 3, then, when something had ended, 4, then 5. Streams that
// do not fail are sent, and looked at later: "?1+2".
class Driver {
 public:
  Driver(const Plan& plan, const Slots& slots, const std::set<StepId>& failing = {})
      : schedule_(plan, slots), failing_(failing) {
    REQUIRE(problem_with(plan) == "");
  }

  // What starts now.
  std::string start(Time now = {}) {
    std::string started;
    while (auto unit = schedule_.next(now)) {
      started += started.empty() ? "" : " ";
      if (unit->kind == Unit::Kind::landings) started += "?";
      for (std::size_t i = 0; i < unit->steps.size(); ++i) {
        started += (i > 0 ? "+" : "") + std::to_string(unit->steps[i]);
      }
      running_.push_back(*unit);
    }
    return started;
  }

  // False when nothing runs.
  bool end_first(Time now = {}) {
    if (running_.empty()) return false;
    const Unit unit = running_.front();
    running_.pop_front();
    const auto ends = ends_of(unit, failing_);
    if (unit.kind == Unit::Kind::stream && ends.front().outcome == Outcome::done) {
      schedule_.sent(unit, now);
      return true;
    }
    for (const auto& skipped : schedule_.finish(unit, ends, now)) {
      messages_ += "\n" + std::to_string(skipped.step) + " " + skipped.message;
    }
    return true;
  }

  std::string all() {
    std::string text;
    do {
      const std::string started = start();
      if (!started.empty()) text += (text.empty() ? "" : " | ") + started;
    } while (end_first());
    const auto rest = schedule_.abandon();
    CHECK((rest.not_started.empty() && rest.not_seen.empty()));
    return text + messages_;
  }

  Schedule& schedule() { return schedule_; }

 private:
  Schedule schedule_;
  const std::set<StepId> failing_;
  std::deque<Unit> running_;
  std::string messages_;
};

std::string drive(const Plan& plan, const Slots& slots, const std::set<StepId>& failing = {}) {
  return Driver(plan, slots, failing).all();
}

std::string problem(const std::string& text) { return problem_with(plan_from_text(text)); }

Slots two_each() { return {{HostName("nas"), 2}, {HostName("vault"), 2}}; }

}  // namespace

TEST_CASE("a stream is one thing with a slot at each end") {
  const Plan plan = plan_from_text(R"(
    nas send tank/a@1
    vault recv back/a of 1
    nas send tank/b@1
    vault recv back/b of 3
    nas destroy tank/c@1
    vault destroy back/c@1
  )");
  CHECK(drive(plan, {}) == "1+2 | 3+4 | ?1+2+3+4 5 | 6");
  CHECK(drive(plan, two_each()) == "1+2 3+4 | 5 6 | ?1+2+3+4");
  CHECK(drive(plan, {{HostName("nas"), 3}}) == "1+2 5 | 3+4 | ?1+2+3+4 | 6");
}

TEST_CASE("a stream within one host takes one slot") {
  const Plan plan = plan_from_text(R"(
    nas send tank/a@1
    nas recv back/a of 1
    nas destroy tank/c@1
  )");
  CHECK(drive(plan, {}) == "1+2 | ?1+2 | 3");
  CHECK(drive(plan, {{HostName("nas"), 2}}) == "1+2 3 | ?1+2");
}

TEST_CASE("steps wait for what they come after, whichever end of a stream that is") {
  CHECK(drive(plan_from_text(R"(
    nas snapshot tank/a@1
    vault create back
    nas send tank/a@1 after 1
    vault recv back/a of 3 after 2
    nas bookmark tank/a@1 after 4
    vault hold back/a@1 after 4
    nas destroy tank/a@0 after 5 6
  )"),
              two_each()) == "1 2 | 3+4 | ?3+4 | 5 6 | 7");
}

TEST_CASE("snapshots of one pool with one name are taken at once") {
  CHECK(drive(plan_from_text(R"(
    nas snapshot tank/a@1
    nas snapshot tank/b@1
    nas snapshot tank/a@other
    nas snapshot fast/a@1
    vault snapshot tank/a@1
  )"),
              two_each()) == "1+2 3 5 | 4");
}

TEST_CASE("snapshots wait for the others of their command") {
  // 3 could start at once, but belongs to 2, which comes after 1.
  CHECK(drive(plan_from_text(R"(
    nas snapshot tank/a@x
    nas snapshot tank/a@y after 1
    nas snapshot tank/b@y
  )"),
              two_each()) == "1 | 2+3");
  SUBCASE("unless those depend on them, in a plan that someone made up") {
    CHECK(drive(plan_from_text(R"(
      nas snapshot tank/a@x
      nas hold tank/a@x after 1
      nas snapshot tank/b@x after 2
    )"),
                two_each()) == "1 | 2 | 3");
  }
  SUBCASE("unless those are skipped") {
    CHECK(drive(plan_from_text(R"(
      nas snapshot tank/a@x
      nas snapshot tank/a@y after 1
      nas snapshot tank/b@y
    )"),
                two_each(), {1}) == "1 | 3\n2 skipped because step 1 (snapshot nas:tank/a) failed");
  }
}

TEST_CASE("changes of one kind on one host that are ready together are one batch") {
  CHECK(drive(plan_from_text(R"(
    nas destroy tank/a@1
    nas release tank/a@2
    nas destroy tank/b@1
    nas release tank/b@2
    vault destroy back/a@1
    nas destroy tank/c@1 after 1
    nas rollback tank/d@1
    nas rollback tank/e@1
  )"),
              two_each()) == "1+3 2+4 5 | 6 | 7 | 8");
}

TEST_CASE("a long batch is cut so that it does not hide what happens") {
  std::string text;
  for (int i = 0; i < 1100; ++i) text += "nas hold tank/a@" + std::to_string(i) + "\n";
  for (int i = 0; i < 1100; ++i) text += "nas snapshot tank/d" + std::to_string(i) + "@1\n";
  const Plan plan = plan_from_text(text);
  Schedule schedule(plan, {{HostName("nas"), 5}});
  std::vector<std::size_t> sizes;
  while (auto unit = schedule.next({})) sizes.push_back(unit->steps.size());
  CHECK(sizes == std::vector<std::size_t>{500, 500, 100, 1100});
}

TEST_CASE("many changes that are a process each are shared out among the free slots") {
  const auto sizes = [](int bookmarks) {
    std::string text;
    for (int i = 0; i < bookmarks; ++i) text += "nas bookmark tank/a@" + std::to_string(i) + "\n";
    const Plan plan = plan_from_text(text);
    Schedule schedule(plan, {{HostName("nas"), 3}});
    std::vector<std::size_t> found;
    while (auto unit = schedule.next({})) found.push_back(unit->steps.size());
    return found;
  };
  CHECK(sizes(60) == std::vector<std::size_t>{20, 20, 20});
  CHECK(sizes(20) == std::vector<std::size_t>{16, 4});
}

TEST_CASE("what streams have become is looked at together, as are their marks, but not for ever") {
  const Plan plan = plan_from_text(R"(
    nas send tank/a@1
    vault recv back/a of 1
    nas bookmark tank/a@1 after 2
    nas send tank/b@1
    vault recv back/b of 4
    nas bookmark tank/b@1 after 5
    nas send tank/long@1
    vault recv back/long of 7
  )");
  Driver driver(plan, {{HostName("nas"), 3}, {HostName("vault"), 3}});
  const auto after = [](int seconds) { return Time() + std::chrono::seconds(seconds); };
  CHECK(driver.start(after(0)) == "1+2 4+5 7+8");
  driver.end_first(after(10));
  CHECK(driver.start(after(10)) == "");
  CHECK(driver.schedule().ask_again_at() == after(15));
  driver.end_first(after(14));
  CHECK(driver.start(after(14)) == "");
  CHECK(driver.start(after(15)) == "?1+2+4+5");
  CHECK_FALSE(driver.schedule().ask_again_at());
}

TEST_CASE("a stream that waits for another does not wait for company") {
  const Plan plan = plan_from_text(R"(
    nas send tank/a@1
    vault recv back/a of 1
    nas send tank/a/b@1 after 2
    vault recv back/a/b of 3
    nas send tank/long@1
    vault recv back/long of 5
  )");
  Driver driver(plan, two_each());
  CHECK(driver.start() == "1+2 5+6");
  driver.end_first();
  CHECK(driver.start() == "?1+2");
}

TEST_CASE("streams that were sent and not looked at are told apart from what never started") {
  const Plan plan = plan_from_text(R"(
    nas send tank/a@1
    vault recv back/a of 1
    nas bookmark tank/a@1 after 2
    nas send tank/b@1
    vault recv back/b of 4
  )");
  Driver driver(plan, two_each());
  CHECK(driver.start() == "1+2 4+5");
  driver.end_first();
  const auto rest = driver.schedule().abandon();
  CHECK(rest.not_seen == std::vector<StepId>{1, 2});
  CHECK(rest.not_started == std::vector<StepId>{3});
}

TEST_CASE("a failure skips what depends on it, says why, and nothing else") {
  CHECK(drive(plan_from_text(R"(
    nas send tank/a@1
    vault recv back/a of 1
    nas bookmark tank/a@1 after 2
    nas destroy tank/a@0 after 3
    nas send tank/b@1
    vault recv back/b of 5
    nas bookmark tank/b@1 after 6
    vault send back/a@1 after 2
    nas recv copy/a of 8
  )"),
              {}, {1}) == R"(1+2 | 5+6 | ?5+6 | 7
3 skipped because step 2 (recv vault:back/a) failed
4 skipped because step 2 (recv vault:back/a) failed
8 skipped because step 2 (recv vault:back/a) failed
9 skipped because step 2 (recv vault:back/a) failed)");
}

TEST_CASE("what was never started can be given up") {
  const Plan plan = plan_from_text(R"(
    nas snapshot tank/a@1
    nas send tank/a@1 after 1
    vault recv back/a of 2
    nas destroy tank/a@0
  )");
  Schedule schedule(plan, {});
  const auto first = schedule.next({});
  REQUIRE(first);
  CHECK(schedule.abandon().not_started == std::vector<StepId>{2, 3, 4});
  CHECK(schedule.finish(*first, std::vector<event::StepEnded>{{1, Outcome::interrupted, ""}}, {})
            .empty());
  CHECK_FALSE(schedule.next({}));
  CHECK(schedule.running() == 0);
}

TEST_CASE("a plan that can't be carried out is refused with the reason") {
  CHECK(problem("") == "");
  CHECK(problem("nas destroy tank/a@1 after 7") ==
        "the plan can't be carried out: step 1 comes after step 7, which does not exist");
  CHECK(problem("nas destroy tank/a@1 after 0") ==
        "the plan can't be carried out: step 1 comes after step 0, which does not exist");
  CHECK(problem("nas send tank/a@1") ==
        "the plan can't be carried out: step 1 (send nas:tank/a) has 0 receiving ends, not one");
  CHECK(problem("nas send tank/a@1\nnas recv b/a of 1\nnas recv b/b of 1") ==
        "the plan can't be carried out: step 1 (send nas:tank/a) has 2 receiving ends, not one");
  CHECK(problem("nas destroy tank/a@1\nnas recv b/a of 1") ==
        "the plan can't be carried out: step 2 (recv nas:b/a): it receives the stream of step 1, "
        "which sends none");
  CHECK(problem("nas recv b/a of 99") ==
        "the plan can't be carried out: step 1 (recv nas:b/a): it receives the stream of step 99, "
        "which sends none");
  CHECK(problem("nas destroy tank/a@1 after 1").find("circle") != std::string::npos);
  CHECK(problem("nas destroy tank/a@1 after 2\nnas destroy tank/a@2 after 1").find("circle") !=
        std::string::npos);
  SUBCASE("a circle through the two ends of a stream") {
    CHECK(problem("nas send t/a@1\nnas hold t/a@1 after 1\nnas recv b/a of 1 after 2")
              .find("circle") != std::string::npos);
  }
  SUBCASE("names that ZFS would take for something else") {
    Plan plan = plan_from_text("nas destroy tank/a@x");
    std::get<DestroyVersion>(plan.steps[0].action).version.name = "x,y";
    CHECK(problem_with(plan) ==
          "the plan can't be carried out: step 1 (destroy nas:tank/a): \"x,y\" names no version");
  }
  SUBCASE("a cursor of no job") {
    Plan plan = plan_from_text("nas bookmark tank/a@x");
    CHECK(problem_with(plan) == "");
    plan.steps[0].job.reset();
    CHECK(problem_with(plan) ==
          "the plan can't be carried out: step 1 (bookmark nas:tank/a): the bookmark has neither a "
          "name nor a job");
  }
  SUBCASE("renames that are none") {
    CHECK(problem("nas rename tank/a as tank/b") == "");
    CHECK(
        problem("nas rename tank/a as fast/a") ==
        "the plan can't be carried out: step 1 (rename nas:tank/a): \"fast/a\" is in another pool");
    CHECK(problem("nas rename tank/a as tank") ==
          "the plan can't be carried out: step 1 (rename nas:tank/a): \"tank\" is in another pool");
    CHECK(problem("nas rename tank/a as tank/a/b") ==
          "the plan can't be carried out: step 1 (rename nas:tank/a): \"tank/a/b\" is within what "
          "would be renamed");
  }
  SUBCASE("a clone whose two ends are not of one mind") {
    Plan plan = plan_from_text("nas send tank/b@1=5..@2=6\nnas recv b/b of 1");
    auto& send = std::get<Send>(plan.steps[0].action);
    auto& recv = std::get<Recv>(plan.steps[1].action);
    send.clone_of = send.dataset;
    CHECK(problem_with(plan).find("it receives a clone, and does not say of what") !=
          std::string::npos);
    recv.clone_of =
        CloneOrigin{recv.dataset, VersionRef{VersionKind::snapshot, "x", send.from->guid}};
    CHECK(problem_with(plan) == "");
    recv.clone_of->snapshot.name = "x,y";
    CHECK(problem_with(plan).find("names no version") != std::string::npos);
    recv.clone_of->snapshot.guid = Guid(99);
    CHECK(problem_with(plan).find("is no clone of that") != std::string::npos);
  }
  SUBCASE("ids that are not the steps' places") {
    Plan plan = plan_from_text("nas destroy tank/a@x");
    plan.steps[0].id = 5;
    CHECK(problem_with(plan) == "the plan can't be carried out: step 1 is called 5");
  }
}

namespace {

// A random plan: changes of few kinds, and streams, with edges to anything before.
Plan random_plan(std::size_t size) {
  std::string text;
  StepId last = 0;
  const auto after = [&](StepId before) {
    std::string clause;
    for (StepId id = 1; id < before; ++id) {
      if (*rc::gen::inRange(0, 5) == 0) clause += " " + std::to_string(id);
    }
    return clause.empty() ? std::string() : " after" + clause;
  };
  const auto host = [] { return *rc::gen::element<std::string>("a", "b", "c"); };
  while (last < size) {
    const std::string id = std::to_string(++last);
    const int kind = *rc::gen::inRange(0, 4);
    if (kind == 0) text += host() + " destroy p/x@" + id + "=1" + after(last) + "\n";
    if (kind == 1) text += host() + " hold p/x@" + id + "=1" + after(last) + "\n";
    if (kind == 2) text += host() + " snapshot p/x" + id + "@s" + after(last) + "\n";
    if (kind == 3) {
      text += host() + " send p/x@" + id + after(last) + "\n";
      text += host() + " recv q/x" + id + " of " + id + after(last) + "\n";
      ++last;
    }
  }
  return plan_from_text(text);
}

StepId vertex(const Plan& plan, StepId id) {
  const auto* recv = std::get_if<Recv>(&plan.step(id).action);
  return recv ? recv->stream_of : id;
}

}  // namespace

TEST_CASE("whatever fails, every step has one outcome, in order, within the slots") {
  CHECK(rc::check("schedule", [] {
    const Plan plan = random_plan(static_cast<std::size_t>(*rc::gen::inRange(1, 25)));
    const Slots slots{{HostName("a"), 1U + *rc::gen::inRange(0U, 3U)}, {HostName("b"), 1}};
    const auto slots_of = [&](const HostName& host) {
      const auto it = slots.find(host);
      return it == slots.end() ? 1U : it->second;
    };
    Schedule schedule(plan, slots);
    std::map<StepId, Outcome> outcome;
    std::vector<Unit> running;
    std::map<HostName, unsigned> used;
    Time now;
    const auto hosts_of = [&](const Unit& unit) {
      if (unit.kind == Unit::Kind::landings) return std::set{plan.step(unit.steps.back()).host};
      std::set<HostName> hosts;
      for (const StepId step : unit.steps) hosts.insert(plan.step(step).host);
      return hosts;
    };
    for (;;) {
      now += std::chrono::seconds(*rc::gen::inRange(0, 4));
      while (auto unit = schedule.next(now)) {
        for (const StepId step : unit->steps) {
          for (const StepId before : plan.step(step).after) {
            if (vertex(plan, before) == vertex(plan, step)) continue;
            RC_ASSERT(outcome.count(before) == 1U);
            RC_ASSERT(outcome[before] == Outcome::done);
          }
        }
        for (const HostName& host : hosts_of(*unit)) RC_ASSERT(++used[host] <= slots_of(host));
        running.push_back(*unit);
      }
      if (running.empty()) break;
      const auto which =
          static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, running.size()));
      const Unit unit = running[static_cast<std::size_t>(which)];
      running.erase(running.begin() + which);
      for (const HostName& host : hosts_of(unit)) --used[host];
      if (unit.kind == Unit::Kind::stream && *rc::gen::inRange(0, 6) != 0) {
        schedule.sent(unit, now);
        continue;
      }
      std::set<StepId> failing;
      for (const StepId step : unit.steps) {
        if (*rc::gen::inRange(0, 6) == 0) failing.insert(step);
      }
      const auto ended = ends_of(unit, failing);
      for (const auto& end : ended) RC_ASSERT(outcome.emplace(end.step, end.outcome).second);
      for (const auto& end : schedule.finish(unit, ended, now)) {
        RC_ASSERT(outcome.emplace(end.step, Outcome::skipped).second);
      }
    }
    const auto rest = schedule.abandon();
    RC_ASSERT(rest.not_started.empty());
    RC_ASSERT(rest.not_seen.empty());
    RC_ASSERT(outcome.size() == plan.steps.size());
    // Skipped if and only if something before it, seen from either end of a stream, was not done.
    for (const Step& step : plan.steps) {
      bool doomed = false;
      for (const Step& end : plan.steps) {
        if (vertex(plan, end.id) != vertex(plan, step.id)) continue;
        for (const StepId before : end.after) {
          if (vertex(plan, before) == vertex(plan, step.id)) continue;
          doomed = doomed || outcome[before] != Outcome::done;
        }
      }
      RC_ASSERT((outcome[step.id] == Outcome::skipped) == doomed);
    }
  }));
}
