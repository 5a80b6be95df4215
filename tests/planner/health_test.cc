// A site's health: whole cases as text (tests/cases/health/NAME.zr and NAME.world give
// NAME.health), and the thresholds to the second.
#include "planner/health.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "planner/health_judge.h"
#include "planner/health_text.h"
#include "tests/support/golden.h"
#include "tests/support/policy_text.h"
#include "tests/support/world_text.h"

namespace fs = std::filesystem;
using namespace zr;
using namespace std::chrono_literals;

namespace {

const fs::path folder = fs::path(ZREPL_SOURCE_DIR) / "tests/cases/health";

std::string number(std::optional<std::chrono::seconds> s) {
  return s ? fmt::format("{}", s->count()) : "-";
}

// All verdicts, also those that a person is not shown.
std::string table_of(const Health& health) {
  std::string out = "\nverdicts: age/promised/critical\n";
  for (const HealthVerdict& v : health.verdicts) {
    out += fmt::format("{:8} {:11} {} {}/{}/{}", to_string(v.status), to_string(v.aspect),
                       place_of(v), number(v.age), number(v.promised_age), number(v.critical_age));
    if (v.snapshots) out += fmt::format(" snapshots {}", *v.snapshots);
    if (v.base_lost_in) out += " lost in " + number(v.base_lost_in);
    out += fmt::format("  {}\n", v.message);
  }
  return out;
}

Health health_of(const std::string& policy, const std::string& world, std::int64_t now) {
  return judge_health(policy_from_text(policy), world_from_text(world),
                      Millis(std::chrono::seconds(now)));
}

const HealthVerdict& only(const Health& health, HealthAspect aspect) {
  const auto is_it = [&](const HealthVerdict& v) { return v.aspect == aspect; };
  REQUIRE(std::count_if(health.verdicts.begin(), health.verdicts.end(), is_it) == 1);
  return *std::find_if(health.verdicts.begin(), health.verdicts.end(), is_it);
}

const std::string hosts =
    "site office\nhost nas { transport sim \"w\" }\nhost vault { transport sim \"w\" }\n";
const std::string autosnap =
    "autosnap a { on nas; datasets { tank -> ok }; prefix \"z_\"; every 100s }\n";

HealthStatus snapshot_status(const std::string& versions, std::int64_t now) {
  return only(health_of(hosts + autosnap, "nas: tank " + versions, now), HealthAspect::snapshots)
      .status;
}

}  // namespace

TEST_CASE("health is what the cases show") {
  std::vector<fs::path> sites;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".zr") sites.push_back(entry.path());
  }
  std::sort(sites.begin(), sites.end());
  REQUIRE(sites.size() >= 8);
  for (const fs::path& site : sites) {
    CAPTURE(site.filename().string());
    const World world = world_from_text(read_text(fs::path(site).replace_extension(".world")));
    const Health health = judge_health(policy_from_file(site), world, Millis(world.observed_at));
    check_golden(fs::path(site).replace_extension(".health"),
                 render(health, {}) + table_of(health));
  }
}

TEST_CASE("an autosnap may miss no whole slot") {
  // Taken in slot 10, which ends at 1100: slot 11 has to have one.
  for (const std::int64_t taken : {1000, 1050, 1099}) {
    CAPTURE(taken);
    const std::string versions = fmt::format("@z_1~{}", taken);
    CHECK(snapshot_status(versions, taken) == HealthStatus::ok);
    CHECK(snapshot_status(versions, 1200) == HealthStatus::ok);
    CHECK(snapshot_status(versions, 1201) == HealthStatus::warning);
    CHECK(snapshot_status(versions, 1300) == HealthStatus::warning);
    CHECK(snapshot_status(versions, 1301) == HealthStatus::critical);
  }
}

TEST_CASE("snapshots that are not the autosnap's, or of a clock that is ahead") {
  CHECK(snapshot_status("", 1000) == HealthStatus::warning);
  CHECK(snapshot_status("@other~1000", 1000) == HealthStatus::warning);
  CHECK(snapshot_status("@z_1~5000", 1000) == HealthStatus::ok);
  CHECK(
      only(health_of(hosts + autosnap, "nas: tank @z_1~5000", 1000), HealthAspect::snapshots).age ==
      0s);
  // The newest counts, whatever its clock said.
  CHECK(snapshot_status("@z_1~1000 @z_2~100", 1000) == HealthStatus::critical);
  CHECK(only(health_of(hosts + autosnap, "nas: tank placeholder", 0), HealthAspect::host).status ==
        HealthStatus::ok);
}

TEST_CASE("the copy is promised as young as snapshots and runs are frequent") {
  const auto status = [](const std::string& every, std::int64_t now) {
    const Health health = health_of(
        hosts + autosnap + "pull p { from nas; to vault; map { tank -> bk }; " + every + " }\n",
        "nas: tank @z_1~1000 @z_2~1100\nvault: bk @z_1~1000", now);
    return only(health, HealthAspect::replication).status;
  };
  // Without its own interval it is run as often as snapshots are made: 100s + 100s.
  CHECK(status("", 1200) == HealthStatus::ok);
  CHECK(status("", 1201) == HealthStatus::warning);
  CHECK(status("", 1400) == HealthStatus::warning);
  CHECK(status("", 1401) == HealthStatus::critical);
  CHECK(status("every 50s", 1150) == HealthStatus::ok);
  CHECK(status("every 50s", 1151) == HealthStatus::warning);
  CHECK(status("every 50s", 1251) == HealthStatus::critical);
  CHECK(status("every 1d", 1000 + 86500) == HealthStatus::ok);
  CHECK(status("every 1d", 1000 + 86501) == HealthStatus::warning);
  CHECK(status("snapshots { prefix \"no_\" }; initial all", 9999) == HealthStatus::ok);
}

TEST_CASE("without an interval nothing is promised, and lag is only told") {
  const std::string pull = "pull p { from nas; to vault; map { tank -> bk } }\n";
  const HealthVerdict behind =
      only(health_of(hosts + pull, "nas: tank @1 @2 @3\nvault: bk @1", 999999),
           HealthAspect::replication);
  CHECK(behind.status == HealthStatus::ok);
  CHECK(behind.snapshots == 2);
  CHECK(!behind.promised_age);
  CHECK(only(health_of(hosts + pull, "nas: tank @1\nvault:", 999999), HealthAspect::replication)
            .status == HealthStatus::warning);
}

TEST_CASE("a gap in the snapshots is no fault of the target's") {
  const std::string pull = "pull p { from nas; to vault; map { tank -> bk } }\n";
  const std::string world = "nas: tank @z_1~1000 @z_2~9000\nvault: bk @z_1~1000";
  const auto status = [&](std::int64_t now) {
    return only(health_of(hosts + autosnap + pull, world, now), HealthAspect::replication).status;
  };
  CHECK(status(9100) == HealthStatus::ok);
  CHECK(status(9101) == HealthStatus::warning);
  CHECK(status(9301) == HealthStatus::critical);
}

TEST_CASE("never replicated is critical as soon as it is late") {
  const std::string pull = "pull p { from nas; to vault; map { tank -> bk } }\n";
  const auto status = [&](const std::string& world, std::int64_t now) {
    return only(health_of(hosts + autosnap + pull, world, now), HealthAspect::replication).status;
  };
  CHECK(status("nas: tank\nvault:", 5000) == HealthStatus::ok);
  CHECK(status("nas: tank @z_1~1000\nvault:", 1200) == HealthStatus::ok);
  CHECK(status("nas: tank @z_1~1000\nvault:", 1201) == HealthStatus::critical);
  CHECK(status("nas: tank @z_1~1000\nvault: bk placeholder", 1201) == HealthStatus::critical);
  // One that takes long is under way.
  CHECK(status("nas: tank @1=1~1000\nvault: bk partial=1", 1201) == HealthStatus::warning);
}

TEST_CASE("a prune is stuck when what it let go of outlives two slots") {
  const std::string prune =
      "prune p { on nas; datasets { tank -> ok }; snapshots { prefix \"z_\" }; keep last 1 }\n";
  const auto judged = [&](const std::string& world, std::int64_t now) {
    return only(health_of(hosts + autosnap + prune, world, now), HealthAspect::retention);
  };
  const std::string two = "nas: tank @z_1~1000 @z_2~1100";
  CHECK(judged(two, 1299).status == HealthStatus::ok);
  CHECK(judged(two, 1300).status == HealthStatus::warning);
  CHECK(judged(two, 1300).snapshots == 1);
  CHECK(judged(two, 1300).age == 300s);
  CHECK(judged(two, 1699).status == HealthStatus::warning);
  CHECK(judged(two, 1700).status == HealthStatus::critical);
  CHECK(judged("nas: tank @z_1~1000!mine @z_2~1100", 9000).status == HealthStatus::warning);
  CHECK(judged("nas: tank @x~1000 @z_2~1100", 9000).status == HealthStatus::ok);
  CHECK(judged("nas: tank", 9000).status == HealthStatus::ok);
}

TEST_CASE("what the policy itself keeps is not stuck") {
  const std::string prune =
      "prune p { on nas; datasets { tank -> ok }; snapshots { prefix \"z_\" }; keep last 1 }\n"
      "protect { on nas; datasets { tank -> ok } }\n";
  CHECK(only(health_of(hosts + autosnap + prune, "nas: tank @z_1~1000 @z_2~1100", 9000),
             HealthAspect::retention)
            .status == HealthStatus::ok);
}

TEST_CASE("only the jobs that are asked about are judged") {
  Policy policy =
      policy_from_text(hosts + autosnap + "pull p { from nas; to vault; map { tank -> bk } }\n");
  policy.only = {*JobId::parse("pull.p")};
  const Health health = judge_health(
      policy, world_from_text("nas: tank @z_1~1000 @z_2~2000\nvault: bk @z_1~1000"), Millis(9000s));
  CHECK(only(health, HealthAspect::replication).status == HealthStatus::critical);
  CHECK(std::none_of(health.verdicts.begin(), health.verdicts.end(),
                     [](const HealthVerdict& v) { return v.aspect == HealthAspect::snapshots; }));
}

TEST_CASE("critical is worse than unknown, and that than warning") {
  CHECK(is_worse(HealthStatus::critical, HealthStatus::unknown));
  CHECK(is_worse(HealthStatus::unknown, HealthStatus::warning));
  CHECK(is_worse(HealthStatus::warning, HealthStatus::ok));
  CHECK_FALSE(is_worse(HealthStatus::warning, HealthStatus::warning));
  CHECK(Health{}.status() == HealthStatus::ok);
}

TEST_CASE("each kind of step is counted, those too that a plan has none of") {
  const Health health = health_of(hosts + autosnap, "nas: tank", 1000);
  CHECK(health.plan_steps.size() == std::variant_size_v<Action>);
  CHECK(health.plan_steps.at("snapshot") == 1);
  CHECK(health.plan_steps.at("destroy") == 0);
}

TEST_CASE("of many that are late alike a person is shown some, and told how many more") {
  std::string world;
  for (int i = 100; i < 150; ++i) world += fmt::format("nas: tank/{} @z_1~1000\n", i);
  const Health health = health_of(
      hosts + "autosnap a { on nas; datasets { tank< -> ok }; prefix \"z_\"; every 100s }\n", world,
      5000);
  CHECK(health.count(HealthStatus::critical) == 50);
  const std::string text = render(health, {});
  CHECK(text.find("nas:tank/119 ") != text.npos);
  CHECK(text.find("nas:tank/120 ") == text.npos);
  CHECK(text.ends_with(
      "\nand 30 more critical of autosnap.a (snapshots); --format json has all of them\n"));
}

TEST_CASE("durations are told by their two largest units") {
  CHECK(rough_duration(0s) == format_duration(0s));
  CHECK(rough_duration(59s) == "59s");
  CHECK(rough_duration(3661s) == "1h1m");
  CHECK(rough_duration(90061s) == "1d1h");
}
