#pragma once

#include <optional>
#include <string>

#include "executor/exit_status.h"
#include "executor/run/run.h"
#include "lang/policy.h"
#include "planner/budget.h"
#include "planner/plan.h"

namespace zr {

// Holds all plans of one run to the site's limits, together: what a run that plans again has done
// counts, so that it comes to no more than one plan may. Outlived by the policy.
class RunBudget {
 public:
  // `allowed` is what --allow-budget says.
  RunBudget(const Policy& policy, std::optional<std::string> allowed)
      : policy_(policy), allowed_(std::move(allowed)) {}

  // Judges a new plan of the run, which was made for this world.
  void take(Plan&, const World&);
  // Why the plan taken last is not carried out; none where it may be. `command` makes such a plan.
  std::optional<Failure> refusal(const Plan&, const std::string& command) const;
  // It was let through and carried out: what it did, or may have done, counts from now on.
  void add(const Plan&, const RunReport&);

 private:
  const Policy& policy_;
  std::optional<std::string> allowed_;
  Charges charges_;  // of the plan taken last
  RunSoFar so_far_;
  bool is_first_ = true;
};

}  // namespace zr
