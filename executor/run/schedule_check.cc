#include <fmt/format.h>

#include <algorithm>

#include "executor/progress/progress_text.h"
#include "executor/run/schedule.h"
#include "lang/overloaded.h"
#include "planner/graph.h"

namespace zr {
namespace {

bool is_stream_start(const Action& action) {
  return std::holds_alternative<Send>(action) || std::holds_alternative<Resume>(action);
}

std::string problem_with(const VersionRef& ref) {
  return is_version_name(ref.name) ? std::string{}
                                   : fmt::format("\"{}\" names no version", ref.name);
}

std::string problem_with(const std::optional<VersionRef>& ref) {
  return ref ? problem_with(*ref) : std::string{};
}

std::string problem_with_tag(const std::string& tag) {
  return is_hold_tag(tag) ? std::string{} : fmt::format("\"{}\" is no hold's tag", tag);
}

std::string first_of(std::string a, std::string b) { return a.empty() ? b : a; }

std::string problem_with(const std::vector<VersionRef>& refs) {
  for (const VersionRef& ref : refs) {
    if (auto problem = problem_with(ref); !problem.empty()) return problem;
  }
  return {};
}

std::string problem_with_bookmark(const CreateBookmark& bookmark, const Step& step) {
  if (bookmark.bookmark.empty() && !step.job) return "the bookmark has neither a name nor a job";
  if (!bookmark.bookmark.empty() && !is_version_name(bookmark.bookmark)) {
    return fmt::format("\"{}\" names no bookmark", bookmark.bookmark);
  }
  return problem_with(bookmark.of);
}

// A clone's two ends agree on what it is a clone of.
std::string problem_with_clone(const Recv& recv, const Plan& plan) {
  const auto* send = std::get_if<Send>(&plan.step(recv.stream_of).action);
  const bool sent = send && send->clone_of && send->from;
  if (!recv.clone_of) return sent ? "it receives a clone, and does not say of what" : "";
  const VersionRef& snapshot = recv.clone_of->snapshot;
  if (!sent || !snapshot.guid || snapshot.guid != send->from->guid) {
    return "what it receives is no clone of that";
  }
  return problem_with(snapshot);
}

std::string problem_with_stream_of(const Recv& recv, const Plan& plan) {
  const StepId id = recv.stream_of;
  if (id == 0 || id > plan.steps.size() || !is_stream_start(plan.step(id).action)) {
    return fmt::format("it receives the stream of step {}, which sends none", id);
  }
  return problem_with_clone(recv, plan);
}

std::string problem_with_rename(const RenameDataset& rename) {
  if (rename.to.pool() != rename.dataset.pool() || !rename.to.parent()) {
    return fmt::format("\"{}\" is in another pool", rename.to.str());
  }
  if (rename.to.is_within(rename.dataset)) {
    return fmt::format("\"{}\" is within what would be renamed", rename.to.str());
  }
  return {};
}

std::string problem_with(const Step& step, const Plan& plan) {
  using Text = std::string;
  return std::visit(
      overloaded{
          [](const CreatePlaceholder&) -> Text { return {}; },
          [](const TakeSnapshot& a) {
            return problem_with(VersionRef{{}, a.name, {}});
          },
          [](const Send& a) { return first_of(problem_with(a.from), problem_with(a.to)); },
          [&](const Recv& a) { return problem_with_stream_of(a, plan); },
          [](const Resume& a) { return problem_with(a.to); },
          [](const AbortReceive&) -> Text { return {}; },
          [&](const CreateBookmark& a) { return problem_with_bookmark(a, step); },
          [](const PlaceHold& a) {
            return first_of(problem_with(a.snapshot), problem_with_tag(a.tag));
          },
          [](const ReleaseHold& a) {
            return first_of(problem_with(a.snapshot), problem_with_tag(a.tag));
          },
          [](const Rollback& a) { return first_of(problem_with(a.to), problem_with(a.destroys)); },
          [](const DestroyVersion& a) { return problem_with(a.version); },
          [](const RenameDataset& a) { return problem_with_rename(a); },
      },
      step.action);
}

std::string problem_with_steps(const Plan& plan) {
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    if (step.id != i + 1) return fmt::format("step {} is called {}", i + 1, step.id);
    for (const StepId before : step.after) {
      if (before == 0 || before > plan.steps.size()) {
        return fmt::format("step {} comes after step {}, which does not exist", step.id, before);
      }
    }
    if (auto problem = problem_with(step, plan); !problem.empty()) {
      return fmt::format("step {} ({}): {}", step.id, brief(step), problem);
    }
  }
  return {};
}

std::string problem_with_streams(const Plan& plan) {
  std::vector<unsigned> receivers(plan.steps.size() + 1);
  for (const Step& step : plan.steps) {
    if (const auto* recv = std::get_if<Recv>(&step.action)) ++receivers[recv->stream_of];
  }
  for (const Step& step : plan.steps) {
    if (is_stream_start(step.action) && receivers[step.id] != 1) {
      return fmt::format("step {} ({}) has {} receiving ends, not one", step.id, brief(step),
                         receivers[step.id]);
    }
  }
  return {};
}

std::string problem_with_order(const Plan& plan) {
  const auto order = topological_order(plan);
  const auto* cycle = std::get_if<Cycle>(&order);
  if (!cycle) return {};
  return fmt::format("steps wait for each other in a circle: {}", fmt::join(cycle->path, ", "));
}

}  // namespace

std::string problem_with(const Plan& plan) {
  std::string problem = problem_with_steps(plan);
  if (problem.empty()) problem = problem_with_streams(plan);
  if (problem.empty()) problem = problem_with_order(plan);
  return problem.empty() ? problem : "the plan can't be carried out: " + problem;
}

}  // namespace zr
