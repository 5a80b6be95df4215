#include "planner/graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <functional>
#include <optional>
#include <queue>

namespace zr {
namespace {

// A step, or the two ends of a stream. Edges lead from a unit to those that come after it.
using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;
using Unit = std::size_t;

struct Units {
  std::vector<std::vector<StepId>> members;  // sorted; in the order of each unit's smallest id
  std::vector<Unit> of_step;                 // index: id - 1
  Graph graph;
};

std::optional<StepId> other_end(const Plan& plan, const Step& step) {
  const auto* recv = std::get_if<Recv>(&step.action);
  if (!recv || recv->stream_of == 0 || recv->stream_of > plan.steps.size()) return {};
  return recv->stream_of;
}

// The units that a unit comes after, each once.
std::vector<Unit> units_before(const Plan& plan, const Units& units, Unit unit) {
  std::vector<Unit> before;
  for (const StepId member : units.members[unit]) {
    for (const StepId earlier : plan.step(member).after) {
      if (earlier == 0 || earlier > plan.steps.size()) continue;
      const Unit other = units.of_step[earlier - 1];
      // What waits for itself is a cycle; that one end of a stream waits for the other is not.
      if (other != unit || earlier == member) before.push_back(other);
    }
  }
  std::sort(before.begin(), before.end());
  before.erase(std::unique(before.begin(), before.end()), before.end());
  return before;
}

Units contract(const Plan& plan) {
  constexpr Unit none = static_cast<Unit>(-1);
  Units units;
  units.of_step.assign(plan.steps.size(), none);
  std::vector<StepId> partner(plan.steps.size() + 1, 0);
  for (const Step& step : plan.steps) {
    const auto other = other_end(plan, step);
    if (!other || partner[*other] != 0 || *other == step.id) continue;
    partner[*other] = step.id;
    partner[step.id] = *other;
  }
  for (const Step& step : plan.steps) {
    if (units.of_step[step.id - 1] != none) continue;
    units.of_step[step.id - 1] = units.members.size();
    units.members.push_back({step.id});
    const StepId other = partner[step.id];
    if (other == 0) continue;
    units.of_step[other - 1] = units.members.size() - 1;
    units.members.back().push_back(other);
  }
  units.graph = Graph(units.members.size());
  for (Unit unit = 0; unit < units.members.size(); ++unit) {
    for (const Unit earlier : units_before(plan, units, unit)) {
      boost::add_edge(earlier, unit, units.graph);
    }
  }
  return units;
}

// Units in order; shorter than all of them where there is a cycle.
std::vector<Unit> order_of(const Graph& graph) {
  std::vector<std::size_t> waits_for(num_vertices(graph));
  std::priority_queue<Unit, std::vector<Unit>, std::greater<>> ready;  // smallest first
  for (Unit unit = 0; unit < num_vertices(graph); ++unit) {
    waits_for[unit] = in_degree(unit, graph);
    if (waits_for[unit] == 0) ready.push(unit);
  }
  std::vector<Unit> order;
  order.reserve(waits_for.size());
  while (!ready.empty()) {
    const Unit unit = ready.top();
    ready.pop();
    order.push_back(unit);
    for (auto [edge, end] = out_edges(unit, graph); edge != end; ++edge) {
      if (--waits_for[target(*edge, graph)] == 0) ready.push(target(*edge, graph));
    }
  }
  return order;
}

struct CycleFound {
  std::vector<Unit> path;  // each before the next
};

// Follows the way by which the search came, so that a back edge shows the cycle that it closes.
class CycleFinder : public boost::dfs_visitor<> {
 public:
  explicit CycleFinder(std::vector<Unit>& way) : way_(way) {}

  void discover_vertex(Unit unit, const Graph&) { way_.push_back(unit); }
  void finish_vertex(Unit, const Graph&) { way_.pop_back(); }
  void back_edge(Graph::edge_descriptor edge, const Graph& graph) const {
    throw CycleFound{{std::find(way_.begin(), way_.end(), target(edge, graph)), way_.end()}};
  }

 private:
  std::vector<Unit>& way_;  // the search copies its visitor
};

std::vector<Unit> find_cycle(const Graph& graph) {
  std::vector<Unit> way;
  try {
    boost::depth_first_search(graph, boost::visitor(CycleFinder(way)));
  } catch (const CycleFound& found) {
    return found.path;
  }
  return {};
}

// Transitive reduction of an acyclic graph, by units in topological order.
class Reduction {
 public:
  Reduction(const Graph& graph, const std::vector<Unit>& order)
      : graph_(graph),
        position_(num_vertices(graph)),
        kept_(num_vertices(graph)),
        seen_by_(num_vertices(graph), none) {
    for (std::size_t i = 0; i < order.size(); ++i) position_[order[i]] = i;
    for (const Unit unit : order) reduce(unit);
  }

  // The units that each comes directly after.
  const std::vector<std::vector<Unit>>& kept() const { return kept_; }

 private:
  static constexpr Unit none = static_cast<Unit>(-1);

  // An edge is implied if a later predecessor comes after its start. So predecessors are taken the
  // latest first, and what lies before each is marked, as far back as the earliest of them.
  void reduce(Unit unit) {
    std::vector<Unit> before;
    for (auto [edge, end] = in_edges(unit, graph_); edge != end; ++edge) {
      before.push_back(source(*edge, graph_));
    }
    std::sort(before.begin(), before.end(),
              [&](Unit a, Unit b) { return position_[a] > position_[b]; });
    for (const Unit earlier : before) {
      if (seen_by_[earlier] == unit) continue;
      kept_[unit].push_back(earlier);
      if (earlier != before.back()) mark_before(earlier, unit, position_[before.back()]);
    }
  }

  void mark_before(Unit start, Unit marker, std::size_t earliest) {
    std::vector<Unit> stack{start};
    while (!stack.empty()) {
      const Unit unit = stack.back();
      stack.pop_back();
      for (const Unit earlier : kept_[unit]) {
        if (seen_by_[earlier] == marker || position_[earlier] < earliest) continue;
        seen_by_[earlier] = marker;
        stack.push_back(earlier);
      }
    }
  }

  const Graph& graph_;
  std::vector<std::size_t> position_;
  std::vector<std::vector<Unit>> kept_;
  std::vector<Unit> seen_by_;
};

// Of the edges between two units the one from the latest step, by the first that has it.
void keep_edge(const Plan& plan, const Units& units, Unit unit, Unit earlier,
               std::vector<std::vector<StepId>>& result) {
  StepId from = 0;
  StepId by = 0;
  for (const StepId member : units.members[unit]) {
    for (const StepId id : plan.step(member).after) {
      if (id == 0 || id > plan.steps.size() || units.of_step[id - 1] != earlier) continue;
      if (id > from) {
        from = id;
        by = member;
      }
    }
  }
  if (by != 0) result[by - 1].push_back(from);
}

}  // namespace

std::variant<std::vector<StepId>, Cycle> topological_order(const Plan& plan) {
  const Units units = contract(plan);
  const std::vector<Unit> order = order_of(units.graph);
  if (order.size() < units.members.size()) {
    Cycle cycle;
    for (const Unit unit : find_cycle(units.graph)) {
      cycle.path.push_back(units.members[unit].front());
    }
    std::reverse(cycle.path.begin(), cycle.path.end());
    return cycle;
  }
  std::vector<StepId> ids;
  ids.reserve(plan.steps.size());
  for (const Unit unit : order) {
    ids.insert(ids.end(), units.members[unit].begin(), units.members[unit].end());
  }
  return ids;
}

std::vector<std::vector<StepId>> transitive_reduction(const Plan& plan) {
  const Units units = contract(plan);
  const std::vector<Unit> order = order_of(units.graph);
  std::vector<std::vector<StepId>> result(plan.steps.size());
  if (order.size() < units.members.size()) {
    // With a cycle there is no one reduction; everything is shown.
    for (const Step& step : plan.steps) result[step.id - 1] = step.after;
    return result;
  }
  const Reduction reduction(units.graph, order);
  for (Unit unit = 0; unit < units.members.size(); ++unit) {
    for (const Unit earlier : reduction.kept()[unit]) {
      keep_edge(plan, units, unit, earlier, result);
    }
  }
  for (auto& after : result) std::sort(after.begin(), after.end());
  return result;
}

}  // namespace zr
