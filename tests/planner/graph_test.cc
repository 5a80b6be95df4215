#include "planner/graph.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <chrono>
#include <set>

#include "planner/json.h"
#include "tests/support/golden.h"
#include "tests/support/sample_plan.h"

using namespace zr;

namespace {

const std::string cases = std::string(ZREPL_SOURCE_DIR) + "/tests/cases/graph/";

Step step(StepId id, Action action, std::vector<StepId> after) {
  return Step{id, HostName(std::string("nas")), std::move(action), {}, std::move(after), "", {}};
}

DatasetName tank() { return DatasetName::parse("tank").value(); }

Step snapshot(StepId id, std::vector<StepId> after) {
  return step(id, TakeSnapshot{tank(), fmt::format("{}", id)}, std::move(after));
}

Step send(StepId id, std::vector<StepId> after) {
  Send action{tank(), {}, {VersionKind::snapshot, "1", {}}, false, 0, false, false};
  return step(id, std::move(action), std::move(after));
}

Step recv(StepId id, StepId of, std::vector<StepId> after) {
  return step(id, Recv{tank(), of, false, {}, {}, {}}, std::move(after));
}

Plan plan_of(std::vector<Step> steps) {
  Plan plan;
  plan.steps = std::move(steps);
  return plan;
}

// "1 2 3", or "cycle 3 2".
std::string order_text(const Plan& plan) {
  const auto order = topological_order(plan);
  if (const auto* cycle = std::get_if<Cycle>(&order)) {
    return fmt::format("cycle {}", fmt::join(cycle->path, " "));
  }
  return fmt::format("{}", fmt::join(std::get<std::vector<StepId>>(order), " "));
}

// "3: 2" for each step that comes directly after others.
std::string reduction_text(const Plan& plan) {
  std::string out;
  const auto reduced = transitive_reduction(plan);
  for (std::size_t i = 0; i < reduced.size(); ++i) {
    if (!reduced[i].empty()) out += fmt::format("{}:{} ", i + 1, fmt::join(reduced[i], ","));
  }
  return out;
}

// Steps with edges to any earlier ones, and a few streams.
Plan random_plan() {
  const auto size = *rc::gen::inRange<StepId>(1, 14);
  std::vector<Step> steps;
  for (StepId id = 1; id <= size; ++id) {
    std::vector<StepId> after;
    for (StepId earlier = 1; earlier < id; ++earlier) {
      if (*rc::gen::inRange(0, 3) == 0) after.push_back(earlier);
    }
    const bool ends_stream = id > 1 && std::holds_alternative<Send>(steps.back().action);
    if (ends_stream) {
      steps.push_back(recv(id, id - 1, after));
    } else if (id < size && *rc::gen::inRange(0, 3) == 0) {
      steps.push_back(send(id, after));
    } else {
      steps.push_back(snapshot(id, after));
    }
  }
  return plan_of(std::move(steps));
}

// The one vertex that a stream's ends are.
StepId unit(const Plan& plan, StepId id) {
  const auto* end = std::get_if<Recv>(&plan.step(id).action);
  return end ? end->stream_of : id;
}

using Edges = std::vector<std::vector<StepId>>;

Edges edges_of(const Plan& plan) {
  Edges edges;
  for (const Step& s : plan.steps) edges.push_back(s.after);
  return edges;
}

// Every pair (later, earlier) of units that a way leads between.
std::set<std::pair<StepId, StepId>> reachable(const Plan& plan, const Edges& edges) {
  std::set<std::pair<StepId, StepId>> all;
  for (std::size_t round = 0; round < plan.steps.size(); ++round) {
    for (const Step& s : plan.steps) {
      for (const StepId earlier : edges[s.id - 1]) {
        const StepId from = unit(plan, s.id);
        const StepId to = unit(plan, earlier);
        if (from == to) continue;
        all.insert({from, to});
        const auto known = all;
        for (const auto& [a, b] : known) {
          if (a == to) all.insert({from, b});
        }
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("steps come after what they wait for, smaller ids first") {
  CHECK(order_text(plan_of({snapshot(1, {}), snapshot(2, {}), snapshot(3, {})})) == "1 2 3");
  CHECK(order_text(plan_of({snapshot(1, {3}), snapshot(2, {}), snapshot(3, {2})})) == "2 3 1");
  CHECK(order_text(plan_of({})).empty());
}

TEST_CASE("neither end of a stream starts before both may") {
  CHECK(order_text(plan_of({send(1, {}), recv(2, 1, {3}), snapshot(3, {})})) == "3 1 2");
  CHECK(order_text(plan_of({send(1, {}), snapshot(2, {4}), snapshot(3, {1}), recv(4, 1, {1})})) ==
        "1 4 2 3");
}

TEST_CASE("a cycle is reported with its path") {
  CHECK(order_text(plan_of({snapshot(1, {}), snapshot(2, {1, 4}), snapshot(3, {2}),
                            snapshot(4, {3})})) == "cycle 4 3 2");
  CHECK(order_text(plan_of({snapshot(1, {1})})) == "cycle 1");
  // Through a stream: the send waits for what waits for its recv.
  CHECK(order_text(plan_of({send(1, {3}), recv(2, 1, {}), snapshot(3, {2})})) == "cycle 3 1");
}

TEST_CASE("edges that others imply are left out") {
  CHECK(reduction_text(plan_of({snapshot(1, {}), snapshot(2, {1}), snapshot(3, {1, 2})})) ==
        "2:1 3:2 ");
  CHECK(reduction_text(plan_of({snapshot(1, {}), snapshot(2, {1}), snapshot(3, {1}),
                                snapshot(4, {1, 2, 3})})) == "2:1 3:1 4:2,3 ");
  CHECK(reduction_text(plan_of({send(1, {}), recv(2, 1, {}), snapshot(3, {1, 2})})) == "3:2 ");
}

TEST_CASE("an order respects every edge") {
  CHECK(rc::check("topological order", [] {
    const Plan plan = random_plan();
    const auto order = topological_order(plan);
    RC_ASSERT(std::holds_alternative<std::vector<StepId>>(order));
    const auto& ids = std::get<std::vector<StepId>>(order);
    RC_ASSERT(ids.size() == plan.steps.size());
    std::set<StepId> done;
    for (const StepId id : ids) {
      for (const StepId earlier : plan.step(id).after) {
        RC_ASSERT(done.contains(earlier) || unit(plan, earlier) == unit(plan, id));
      }
      done.insert(id);
    }
    RC_ASSERT(done.size() == plan.steps.size());
  }));
}

TEST_CASE("a reduction keeps every way and has no edge too many") {
  CHECK(rc::check("transitive reduction", [] {
    const Plan plan = random_plan();
    const Edges reduced = transitive_reduction(plan);
    const auto ways = reachable(plan, edges_of(plan));
    RC_ASSERT(reachable(plan, reduced) == ways);
    for (std::size_t i = 0; i < reduced.size(); ++i) {
      for (std::size_t k = 0; k < reduced[i].size(); ++k) {
        const auto& after = plan.steps[i].after;
        RC_ASSERT(std::find(after.begin(), after.end(), reduced[i][k]) != after.end());
        Edges fewer = reduced;
        fewer[i].erase(fewer[i].begin() + static_cast<std::ptrdiff_t>(k));
        RC_ASSERT(reachable(plan, fewer) != ways);
      }
    }
  }));
}

TEST_CASE("a plan of 20,000 steps is ordered and reduced in a moment") {
  std::vector<Step> steps;
  for (StepId id = 1; id <= 20000; ++id) {
    std::vector<StepId> after;
    for (const StepId back : {1000u, 100u, 2u, 1u}) {
      if (id > back) after.push_back(id - back);
    }
    steps.push_back(snapshot(id, after));
  }
  const Plan plan = plan_of(std::move(steps));
  CHECK(std::holds_alternative<std::vector<StepId>>(topological_order(plan)));
  const auto reduced = transitive_reduction(plan);
  CHECK(reduced.back() == std::vector<StepId>{19999});
}

TEST_CASE("a plan is drawn for dot and for mermaid") {
  check_golden(cases + "sample.dot", draw(sample_plan(), GraphFormat::dot));
  check_golden(cases + "sample.mermaid", draw(sample_plan(), GraphFormat::mermaid));
}

TEST_CASE("no name breaks a drawing") {
  check_golden(cases + "hostile.dot", draw(hostile_plan(), GraphFormat::dot));
  check_golden(cases + "hostile.mermaid", draw(hostile_plan(), GraphFormat::mermaid));
}
