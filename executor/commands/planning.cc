#include "executor/commands/planning.h"

#include <fmt/format.h>

#include <filesystem>

#include "executor/commands/saved_plan.h"
#include "executor/observe.h"
#include "executor/progress/progress_text.h"
#include "executor/text_file.h"
#include "planner/json.h"
#include "planner/make_plan.h"

namespace zr {
namespace {

std::variant<World, Failure> read_world(const std::string& path) {
  auto text = read_text_file(path, max_document_bytes);
  if (!text) return Failure::because(ExitStatus::wrong, text.error().message);
  auto world = world_from_json(*text);
  if (auto* read = std::get_if<World>(&world)) return std::move(*read);
  return Failure::because(ExitStatus::wrong,
                          fmt::format("{} is not a world that can be used: {}", path,
                                      one_line(std::get<JsonError>(world).message)),
                          "a world is what `zrepl observe SITE --out FILE` writes");
}

}  // namespace

Plan planned(const Policy& policy, const World& world, Millis now) {
  Plan plan = make_plan(policy, world, now);
  plan.only = policy.only;
  return plan;
}

std::variant<World, Failure> observe_now(const Policy& policy, const Connect& connect,
                                         std::stop_token stop) {
  auto world = observe(policy, connect, stop);
  if (!world)
    return Failure::because(ExitStatus::failed, world.error().message + "; nothing was done");
  return std::move(*world);
}

Reach reach_of(const Policy& policy, Millis now, std::chrono::seconds zfs_timeout) {
  return {std::filesystem::path(policy.file).parent_path(), now, zfs_timeout};
}

std::variant<World, Failure> world_for(const Policy& policy, const Planning& planning,
                                       const Reach& reach, const Outside& outside) {
  if (planning.world) return read_world(*planning.world);
  return observe_now(policy, outside.connect(policy, reach), outside.stop);
}

std::variant<Plan, Failure> plan_for(Policy& policy, const Planning& planning,
                                     std::chrono::seconds zfs_timeout, const Outside& outside) {
  if (auto failure = select_jobs(policy, planning.jobs)) return *failure;
  const Millis now = planning.now.value_or(outside.clock());
  auto world = world_for(policy, planning, reach_of(policy, now, zfs_timeout), outside);
  if (auto* failure = std::get_if<Failure>(&world)) return *failure;
  return planned(policy, std::get<World>(world), now);
}

DiagnosticStyle style_of(const Console& console) { return {console.color_err, false}; }

}  // namespace zr
