// Who doubts the clock destroys nothing by it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "planner/make_plan.h"
#include "tests/support/policy_text.h"
#include "tests/support/world_text.h"

namespace zr {
namespace {

constexpr std::int64_t now = 1795329000;

// How many snapshots go of three, and why others stay that are not wanted. The second is the one
// from the future, which is always wanted.
std::string pruned(bool doubts, std::int64_t newest, const std::string& refused = "") {
  Policy policy = policy_from_text(
      "site office\nhost nas { transport local }\n"
      "prune nas { on nas; datasets { tank< -> ok }; snapshots any; keep last 1 }\n");
  policy.doubts_clock = doubts;
  policy.prunes_refused = refused;
  const World world = world_from_text(
      fmt::format("observed {}\nnas: tank @1~{} @2~{} @3~{}\n", now, now - 200, newest, now - 100));
  const Plan plan = make_plan(policy, world, Millis(std::chrono::seconds(now)));
  std::string text = std::to_string(plan.steps.size()) + " go";
  for (const Blocked& blocked : plan.blocked)
    text += "; " + blocked.version.name + ": " + blocked.reason;
  return text;
}

}  // namespace

TEST_CASE("nothing goes where the clock is behind a snapshot by more than five minutes") {
  CHECK(pruned(true, now - 150) == "2 go");
  CHECK(pruned(true, now + 300) == "1 go");
  CHECK(
      pruned(true, now + 301) ==
      "0 go; 1: the clock is behind @2, which is of 2026-11-22T06:35:01Z: set it, or destroy that "
      "by hand if a clock was ahead then");
  CHECK(pruned(false, now + 301) == "1 go");
}

TEST_CASE("nothing goes anywhere for a reason that is given") {
  CHECK(pruned(true, now - 150, "no") == "0 go; 1: no; 2: no");
}

}  // namespace zr
