#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "executor/commands/command.h"
#include "executor/commands/run_budget.h"
#include "executor/progress/progress.h"
#include "executor/run/journal.h"
#include "executor/run/run.h"
#include "planner/plan.h"

namespace zr {

// What is to be applied: a site's policy at one moment, perhaps by a plan that was reviewed.
struct Task {
  Policy policy;
  Millis now{};
  std::optional<Plan> saved;
  std::string target;                       // what a person calls it
  std::string command;                      // that makes such a plan, for a message
  std::optional<std::string> allow_budget;  // the hash of a plan that is over budget
  std::chrono::seconds retry_for{30};       // what may pass
};

// Who hears what an apply does. Called by one thread at a time.
class Audience {
 public:
  virtual ~Audience() = default;
  virtual void planned(const Plan&) = 0;
  // Whether to go through the motions of a plan that has nothing to do.
  virtual bool wants_empty_runs() const { return false; }
  // Of the run that begins; lives until that is over.
  virtual Progress& progress() = 0;
  virtual void carried_out(const Plan&, const RunReport&) = 0;
  virtual void plans_again() = 0;
};

// The plan for the world as it is, judged by the budget. Where there is a saved one, the two have
// to do the same.
std::variant<Plan, Failure> fresh_plan(const Task&, const Connect&, RunBudget&, std::stop_token);

// One apply, of as many plans as it takes, mostly one. The caller holds the site's lock.
class Application {
 public:
  // All of these outlive it.
  Application(const Task& task, const Connect& connect, const OpenJournal& journal,
              Audience& audience, std::stop_token stop)
      : task_(task),
        connect_(connect),
        journal_(journal),
        audience_(audience),
        stop_(std::move(stop)),
        budget_(task.policy, task.allow_budget) {}

  Outcome run();

 private:
  static constexpr unsigned max_rounds = 10;

  Outcome carry_out(const Plan&);

  const Task& task_;
  const Connect& connect_;
  const OpenJournal& journal_;
  Audience& audience_;
  const std::stop_token stop_;
  RunBudget budget_;
  bool plans_again_ = false;
};

}  // namespace zr
