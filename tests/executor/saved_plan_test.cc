#include "executor/commands/saved_plan.h"

#include <doctest/doctest.h>

#include "planner/json.h"

namespace zr {
namespace {

DatasetName dataset(std::string_view name) { return DatasetName::parse(name).value(); }

Step destroy(StepId id, const std::string& snapshot, std::uint64_t guid) {
  Step step{
      .id = id,
      .host = HostName("nas"),
      .action = DestroyVersion{dataset("tank/db"), {VersionKind::snapshot, snapshot, Guid(guid)}},
      .job = JobId::parse("prune.nas"),
      .after = {},
      .reason = "no keep wants it",
      .origin = {"site.zr", 7}};
  return step;
}

Plan plan_of(std::vector<Step> steps) {
  Plan plan;
  plan.site_file = "site.zr";
  plan.site = SiteName("office");
  plan.policy_hash = std::string(64, 'a');
  plan.hosts = {HostName("nas")};
  plan.steps = std::move(steps);
  return plan;
}

std::string difference(std::vector<Step> saved, std::vector<Step> fresh) {
  return first_difference(plan_of(std::move(saved)), plan_of(std::move(fresh)))
      .value_or("the same");
}

TEST_CASE("a saved plan is known by its text") {
  CHECK(is_saved_plan("{}"));
  CHECK(is_saved_plan(" \r\n\t{ \"format_version\": \"1.0\" }"));
  CHECK_FALSE(is_saved_plan(""));
  CHECK_FALSE(is_saved_plan("site office\n"));
  CHECK_FALSE(is_saved_plan("# {\n"));
}

TEST_CASE("plans do the same whatever their reasons and places say") {
  Step other = destroy(1, "a", 17);
  other.reason = "another";
  other.origin = {"moved.zr", 99};
  CHECK(difference({destroy(1, "a", 17)}, {other}) == "the same");
  CHECK(difference({}, {}) == "the same");
}

TEST_CASE("estimated bytes do not matter, what is sent does") {
  Step send = destroy(1, "a", 17);
  Send stream{.dataset = dataset("tank/db"),
              .from = {},
              .to = {VersionKind::snapshot, "a", Guid(17)},
              .stream_bytes = 10};
  send.action = stream;
  Step larger = send;
  std::get<Send>(larger.action).stream_bytes = 99;
  CHECK(difference({send}, {larger}) == "the same");
  std::get<Send>(larger.action).raw = true;
  CHECK(difference({send}, {larger}).find("would now rely on other") != std::string::npos);
}

TEST_CASE("the first difference is named") {
  CHECK(difference({destroy(1, "a", 17), destroy(2, "b", 18)},
                   {destroy(1, "a", 17), destroy(2, "c", 19)}) ==
        "step 2 is destroy nas:tank/db@b; now it would be destroy nas:tank/db@c");
  CHECK(difference({destroy(1, "a", 17)}, {destroy(1, "a", 18)}) ==
        "step 1, destroy nas:tank/db@a, would now rely on other guids, options or steps");
  CHECK(difference({destroy(1, "a", 17)}, {}) ==
        "step 1, destroy nas:tank/db@a, is no longer called for");
  CHECK(difference({destroy(1, "a", 17)}, {destroy(1, "a", 17), destroy(2, "b", 18)}) ==
        "now there is more to do: destroy nas:tank/db@b");
}

std::string problem(std::string_view text) {
  const auto read = read_saved_plan(text, "p.json");
  const auto* failure = std::get_if<Failure>(&read);
  if (!failure) return "none";
  CHECK(failure->status == ExitStatus::wrong);
  return failure->text;
}

TEST_CASE("a plan that was saved is read back") {
  Plan plan = plan_of({destroy(1, "a", 17)});
  plan.only = {*JobId::parse("prune.a.b"), *JobId::parse("prune.nas")};
  plan.steps[0].job = plan.only[0];
  const auto read = read_saved_plan(plan_to_json(plan), "p.json");
  REQUIRE(std::holds_alternative<Plan>(read));
  CHECK(std::get<Plan>(read) == plan);
}

TEST_CASE("what is no plan, or none that could be carried out, is refused by name") {
  CHECK(problem("[]").find("p.json is not a plan that can be used: it is not JSON") !=
        std::string::npos);
  CHECK(problem("{").find("p.json is not a plan that can be used") != std::string::npos);
  CHECK(problem(world_to_json({})).find("it is a world") != std::string::npos);
  Plan cyclic = plan_of({destroy(1, "a", 17)});
  cyclic.steps[0].after = {1};
  CHECK(problem(plan_to_json(cyclic)).find("p.json is not a plan that can be used") !=
        std::string::npos);
}

}  // namespace
}  // namespace zr
