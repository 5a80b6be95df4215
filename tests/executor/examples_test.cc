#include <doctest/doctest.h>

#include <filesystem>

#include "executor/commands/site.h"
#include "executor/parse_time.h"
#include "executor/run/run.h"
#include "executor/sim/sim_file.h"
#include "executor/sim/sim_zfs.h"
#include "planner/json.h"
#include "planner/make_plan.h"
#include "planner/render.h"
#include "tests/support/golden.h"
#include "tests/support/policy_text.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

// A folder of examples/.
struct Story {
  explicit Story(const fs::path& folder) : plan_file(folder / "plan.txt") {
    auto site = compile_site("site.zr", read_text(folder / "site.zr"), {});
    if (const auto* failure = std::get_if<Failure>(&site)) FAIL(failure->text);
    policy = std::get<Site>(site).policy;
    auto read = world_from_json(read_text(folder / "world.json"));
    if (const auto* error = std::get_if<JsonError>(&read)) FAIL(error->message);
    world = std::get<World>(read);
    std::string time = read_text(folder / "now");
    time.pop_back();
    now = parse_time(time).value();
  }

  fs::path plan_file;
  Policy policy;
  World world;
  Millis now{};
};

std::vector<fs::path> folders() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(ZREPL_SOURCE_DIR) / "examples"))
    if (entry.is_directory()) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

TEST_CASE("every example has the plan that its folder shows") {
  REQUIRE(folders().size() >= 4);
  for (const fs::path& folder : folders()) {
    CAPTURE(folder.filename().string());
    const Story story(folder);
    check_golden(story.plan_file, render(make_plan(story.policy, story.world, story.now), {}));
  }
}

TEST_CASE("every example can be applied, and then has nothing left to do") {
  for (const fs::path& folder : folders()) {
    CAPTURE(folder.filename().string());
    const Story story(folder);
    const auto file = SimFile::in_memory(story.world);
    SimOptions options;
    options.now = std::chrono::floor<std::chrono::seconds>(story.now);
    const Connect connect = [&](const HostName& host) -> Result<std::unique_ptr<Zfs>> {
      auto opened = SimZfs::open(file, host, options);
      if (!opened) return opened.error();
      return std::unique_ptr<Zfs>(std::move(*opened));
    };
    const Plan plan = make_plan(story.policy, story.world, story.now);
    CHECK_FALSE(plan.noop());
    const RunReport report =
        run(plan, connect, *no_journal(), *no_progress(), RunOptions{}, std::stop_token());
    for (const RunReport::Entry& entry : report.entries) CHECK(entry.message == "");
    CHECK(report.count(event::Outcome::done) == plan.steps.size());
    const Plan again = make_plan(story.policy, file->world().value(), story.now);
    CHECK(render(again, {}).substr(0, 13) == "Nothing to do");
    CHECK(again.conflicts == plan.conflicts);
  }
}

}  // namespace
}  // namespace zr
