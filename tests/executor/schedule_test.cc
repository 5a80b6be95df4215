#include "executor/schedule.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <deque>
#include <set>
#include <string>

#include "tests/executor/plan_text.h"

using namespace zr;

namespace {

using event::Outcome;
using Slots = std::map<HostName, unsigned>;

std::vector<event::StepEnded> ends_of(const Unit& unit, const std::set<StepId>& failing) {
  std::vector<event::StepEnded> ends;
  bool fails = false;
  for (const StepId step : unit.steps) fails = fails || (unit.is_stream && failing.count(step) > 0);
  for (const StepId step : unit.steps) {
    const bool failed = fails || failing.count(step) > 0;
    ends.push_back({step, failed ? Outcome::failed : Outcome::done, ""});
  }
  return ends;
}

// Starts whatever may start, then ends what was started first, and so on: "1 2+3 | 4 | 5" is step 1
// beside the stream (or batch) of 2 and 3, then, when something had ended, 4, then 5.
std::string drive(const Plan& plan, const Slots& slots, const std::set<StepId>& failing = {}) {
  REQUIRE(problem_with(plan) == "");
  Schedule schedule(plan, slots);
  std::deque<Unit> running;
  std::string text;
  std::string messages;
  for (;;) {
    std::string started;
    while (auto unit = schedule.next()) {
      started += started.empty() ? "" : " ";
      for (std::size_t i = 0; i < unit->steps.size(); ++i) {
        started += (i > 0 ? "+" : "") + std::to_string(unit->steps[i]);
      }
      running.push_back(*unit);
    }
    if (!started.empty()) text += (text.empty() ? "" : " | ") + started;
    if (running.empty()) break;
    for (const auto& skipped :
         schedule.finish(running.front(), ends_of(running.front(), failing))) {
      messages += "\n" + std::to_string(skipped.step) + " " + skipped.message;
    }
    running.pop_front();
  }
  CHECK(schedule.abandon().empty());
  return text + messages;
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
  CHECK(drive(plan, {}) == "1+2 | 3+4 | 5 6");
  CHECK(drive(plan, two_each()) == "1+2 3+4 | 5 6");
  CHECK(drive(plan, {{HostName("nas"), 3}}) == "1+2 5 | 3+4 | 6");
}

TEST_CASE("a stream within one host takes one slot") {
  const Plan plan = plan_from_text(R"(
    nas send tank/a@1
    nas recv back/a of 1
    nas destroy tank/c@1
  )");
  CHECK(drive(plan, {}) == "1+2 | 3");
  CHECK(drive(plan, {{HostName("nas"), 2}}) == "1+2 3");
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
              two_each()) == "1 2 | 3+4 | 5 6 | 7");
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
  for (int i = 0; i < 1100; ++i) text += "nas destroy tank/a@" + std::to_string(i) + "\n";
  for (int i = 0; i < 1100; ++i) text += "nas snapshot tank/d" + std::to_string(i) + "@1\n";
  const Plan plan = plan_from_text(text);
  Schedule schedule(plan, {{HostName("nas"), 5}});
  std::vector<std::size_t> sizes;
  while (auto unit = schedule.next()) sizes.push_back(unit->steps.size());
  CHECK(sizes == std::vector<std::size_t>{500, 500, 100, 1100});
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
              {}, {1}) == R"(1+2 | 5+6 | 7
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
  const auto first = schedule.next();
  REQUIRE(first);
  CHECK(schedule.abandon() == std::vector<StepId>{2, 3, 4});
  CHECK(schedule.finish(*first, std::vector<event::StepEnded>{{1, Outcome::interrupted, ""}})
            .empty());
  CHECK_FALSE(schedule.next());
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
    const auto ends = [&](const Unit& unit) {
      std::set<HostName> hosts;
      for (const StepId step : unit.steps) hosts.insert(plan.step(step).host);
      return hosts;
    };
    for (;;) {
      while (auto unit = schedule.next()) {
        for (const StepId step : unit->steps) {
          for (const StepId before : plan.step(step).after) {
            if (vertex(plan, before) == vertex(plan, step)) continue;
            RC_ASSERT(outcome.count(before) == 1U);
            RC_ASSERT(outcome[before] == Outcome::done);
          }
        }
        for (const HostName& host : ends(*unit)) RC_ASSERT(++used[host] <= slots_of(host));
        running.push_back(*unit);
      }
      if (running.empty()) break;
      const auto which =
          static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, running.size()));
      const Unit unit = running[static_cast<std::size_t>(which)];
      running.erase(running.begin() + which);
      for (const HostName& host : ends(unit)) --used[host];
      std::set<StepId> failing;
      for (const StepId step : unit.steps) {
        if (*rc::gen::inRange(0, 6) == 0) failing.insert(step);
      }
      const auto ended = ends_of(unit, failing);
      for (const auto& end : ended) RC_ASSERT(outcome.emplace(end.step, end.outcome).second);
      for (const auto& end : schedule.finish(unit, ended)) {
        RC_ASSERT(outcome.emplace(end.step, Outcome::skipped).second);
      }
    }
    RC_ASSERT(schedule.abandon().empty());
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
