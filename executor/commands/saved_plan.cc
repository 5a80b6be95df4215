#include "executor/commands/saved_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "executor/progress/progress_text.h"
#include "executor/run/schedule.h"
#include "lang/overloaded.h"
#include "planner/json.h"
#include "planner/render.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> candidates(const Plan& plan, const fs::path& plan_file) {
  const fs::path named = plan.site_file;
  if (named.empty()) return {};
  std::vector<fs::path> all = {named};
  const fs::path beside = plan_file.parent_path();
  for (const fs::path& other : {beside / named, beside / named.filename()})
    if (std::find(all.begin(), all.end(), other) == all.end()) all.push_back(other);
  return all;
}

Failure another_policy(const Plan& plan, const Site& site) {
  return Failure::because(
      ExitStatus::stale,
      fmt::format("{} no longer means what the plan was made for (its policy is {:.12}, the plan's "
                  "{:.12}); nothing was done",
                  site.policy.file, site.policy.hash, plan.policy_hash),
      fmt::format("make a new plan: zrepl plan {} --out PLAN; or name the plan's site file with "
                  "--site",
                  site.policy.file));
}

Failure no_site_file(const Plan& plan, const std::vector<fs::path>& tried) {
  std::string places;
  for (const fs::path& path : tried) places += (places.empty() ? "" : ", ") + path.string();
  return Failure::because(
      ExitStatus::wrong,
      fmt::format("cannot find the plan's site file {} (looked for {})", one_line(plan.site_file),
                  places.empty() ? "nothing, the plan names none" : one_line(places)),
      "name it: zrepl apply PLAN --site FILE");
}

// What decides whether two steps do the same.
Step essence(Step step) {
  step.reason.clear();
  step.origin = {};
  std::visit(overloaded{
                 [](Send& send) { send.stream_bytes = 0; },
                 [](Resume& resume) { resume.stream_bytes = 0; },
                 [](Recv&) {},
                 [](CreatePlaceholder&) {},
                 [](TakeSnapshot&) {},
                 [](AbortReceive&) {},
                 [](CreateBookmark&) {},
                 [](PlaceHold&) {},
                 [](ReleaseHold&) {},
                 [](Rollback&) {},
                 [](DestroyVersion&) {},
                 [](RenameDataset&) {},
             },
             step.action);
  return step;
}

}  // namespace

bool is_saved_plan(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

std::variant<Plan, Failure> read_saved_plan(std::string_view text, const std::string& name) {
  const auto wrong = [&](const std::string& problem, std::string_view help) {
    return Failure::because(ExitStatus::wrong,
                            fmt::format("{} is not a plan that can be used: {}", name, problem),
                            help);
  };
  constexpr std::string_view make_one = "make a new one: zrepl plan SITE --out PLAN";
  if (!is_saved_plan(text)) return wrong("it is not JSON", make_one);
  auto read = plan_from_json(text);
  if (const auto* error = std::get_if<JsonError>(&read)) {
    if (std::holds_alternative<World>(world_from_json(text)))
      return wrong("it is a world, as zrepl observe writes it",
                   "to plan from it: zrepl plan SITE --world " + name);
    return wrong(one_line(error->message), make_one);
  }
  Plan& plan = std::get<Plan>(read);
  if (const std::string problem = problem_with(plan); !problem.empty())
    return wrong(one_line(problem), make_one);
  return std::move(plan);
}

std::variant<Site, Failure> find_site(const Plan& plan, const std::string& plan_file,
                                      const std::optional<std::string>& given,
                                      const DiagnosticStyle& style) {
  std::vector<fs::path> tried = given ? std::vector<fs::path>{*given} : candidates(plan, plan_file);
  std::optional<Failure> failure;
  for (const fs::path& path : tried) {
    std::error_code ignored;
    if (!given && !fs::exists(path, ignored)) continue;
    auto loaded = load_site(path.string(), style);
    if (auto* site = std::get_if<Site>(&loaded)) {
      if (site->policy.hash == plan.policy_hash) return std::move(*site);
      if (!failure) failure = another_policy(plan, *site);
    } else if (!failure) {
      failure = std::get<Failure>(loaded);
    }
  }
  return failure ? *failure : no_site_file(plan, tried);
}

std::optional<std::string> first_difference(const Plan& saved, const Plan& fresh) {
  const std::size_t common = std::min(saved.steps.size(), fresh.steps.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (essence(saved.steps[i]) == essence(fresh.steps[i])) continue;
    const std::string before = describe(saved.steps[i]);
    const std::string now = describe(fresh.steps[i]);
    if (before == now)
      return fmt::format("step {}, {}, would now rely on other guids, options or steps", i + 1,
                         before);
    return fmt::format("step {} is {}; now it would be {}", i + 1, before, now);
  }
  if (saved.steps.size() > common)
    return fmt::format("step {}, {}, is no longer called for", common + 1,
                       describe(saved.steps[common]));
  if (fresh.steps.size() > common)
    return "now there is more to do: " + describe(fresh.steps[common]);
  return {};
}

}  // namespace zr
