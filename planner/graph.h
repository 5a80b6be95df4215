#pragma once

#include <string>
#include <variant>
#include <vector>

#include "planner/plan.h"

namespace zr {

struct Cycle {
  std::vector<StepId> path;  // each is after the next; the last is after the first
};

// The steps so that each comes after what it waits for, smaller ids first among equals. A send, its
// recv and their edges count as one vertex's: neither end starts before both may.
std::variant<std::vector<StepId>, Cycle> topological_order(const Plan&);

// For each step (index id - 1) the `after` edges that no other path implies.
std::vector<std::vector<StepId>> transitive_reduction(const Plan&);

enum class GraphFormat { dot, mermaid };

// The graph to look at: transitively reduced, stream edges dashed, a subgraph per host.
std::string draw(const Plan&, GraphFormat);

}  // namespace zr
