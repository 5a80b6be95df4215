// Whole plans as text: tests/cases/plan/NAME.zr and NAME.world give NAME.plan.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "planner/graph.h"
#include "planner/json.h"
#include "planner/make_plan.h"
#include "planner/render.h"
#include "tests/support/golden.h"
#include "tests/support/policy_text.h"
#include "tests/support/world_text.h"

namespace fs = std::filesystem;
using namespace zr;

namespace {

const fs::path folder = fs::path(ZREPL_SOURCE_DIR) / "tests/cases/plan";

// What the rendering leaves out: which step waits for which.
std::string order_of(const Plan& plan) {
  std::string out = "\nsteps\n";
  for (const Step& step : plan.steps) {
    out += fmt::format("{:3} {} {}:{}", step.id, kind_of(step.action), step.host.value,
                       step.dataset().str());
    if (const auto* recv = std::get_if<Recv>(&step.action)) {
      out += fmt::format(" of {}", recv->stream_of);
      if (recv->over_placeholder) out += " over the placeholder";
      for (const auto& [name, value] : recv->set) out += fmt::format(" {}={}", name, value);
      for (const auto& name : recv->exclude) out += " without " + name;
      if (const auto& of = recv->clone_of)
        out += " clone of " + of->dataset.str() + of->snapshot.str();
    }
    if (const auto* create = std::get_if<CreatePlaceholder>(&step.action)) {
      if (create->plain) out += " plain";
    }
    if (const auto* send = std::get_if<Send>(&step.action)) {
      if (send->raw) out += " raw";
      if (send->compressed) out += " compressed";
      if (send->clone_of)
        out += fmt::format(" from {}{}", send->clone_of->str(), send->from->str());
    }
    if (const auto* rename = std::get_if<RenameDataset>(&step.action)) {
      out += fmt::format(" to {} guid {}", rename->to.str(), rename->guid.value);
    }
    if (!step.after.empty()) out += fmt::format(" after {}", fmt::join(step.after, " "));
    out += "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("plans are what the cases show") {
  std::vector<fs::path> sites;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".zr") sites.push_back(entry.path());
  }
  std::sort(sites.begin(), sites.end());
  REQUIRE(sites.size() > 30);
  for (const fs::path& site : sites) {
    CAPTURE(site.filename().string());
    const Policy policy = policy_from_file(site);
    World world = world_from_text(read_text(fs::path(site).replace_extension(".world")));
    const Plan plan = make_plan(policy, world, Millis(world.observed_at));
    check_golden(fs::path(site).replace_extension(".plan"), render(plan, {}) + order_of(plan));
    CHECK(std::holds_alternative<std::vector<StepId>>(topological_order(plan)));
    const auto again = plan_from_json(plan_to_json(plan));
    REQUIRE(std::holds_alternative<Plan>(again));
    CHECK(std::get<Plan>(again) == plan);
  }
}
