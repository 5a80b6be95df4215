// Health for what watches hosts, of a site whose names are hostile.
#include "executor/report/health_report.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/golden.h"

using namespace zr;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path folder = std::filesystem::path(ZREPL_SOURCE_DIR) / "tests/cases/report";

Health hostile() {
  const HostName nas{"nas"}, vault{"vault"};
  const JobId snap{JobKind::autosnap, "often"}, pull{JobKind::pull, "a.b"};
  const std::string evil = "tank/a'b=c|d\"e\\f\n\x1b[31m\xff";
  Health health;
  health.site_file = "site\n.zr";
  health.site = SiteName{"office"};
  health.now = Millis(1795329000s);
  health.hosts = {nas};
  health.unreachable_hosts = {vault};
  const auto add = [&](HealthVerdict v) { health.verdicts.push_back(std::move(v)); };
  add({HealthAspect::host, HealthStatus::ok, nas, {}, {}, "is in reach", {}, {}});
  add({HealthAspect::conflict,
       HealthStatus::critical,
       nas,
       evil,
       snap,
       "a name | with\nline ends",
       "help | me\nplease",
       {"site.zr", 3}});
  health.verdicts.back().conflict = ConflictKind::name_taken;
  add({HealthAspect::conflict, HealthStatus::critical, nas, evil, snap, "and one more", {}, {}});
  health.verdicts.back().conflict = ConflictKind::name_too_long;
  add({HealthAspect::snapshots,
       HealthStatus::warning,
       nas,
       "tank/with blanks",
       snap,
       "the newest is old",
       "run it",
       {"site.zr", 3},
       7201s,
       7200s,
       10800s});
  add({HealthAspect::retention,
       HealthStatus::ok,
       nas,
       "tank/with blanks",
       JobId{JobKind::prune, "p"},
       "fine",
       {},
       {},
       {},
       {},
       {},
       0});
  add({HealthAspect::base, HealthStatus::ok, nas, "tank/with blanks", pull, "fine", {}, {}});
  health.verdicts.back().base_lost_in = 60s;
  add({HealthAspect::host, HealthStatus::unknown, vault, {}, {}, "is out of reach", {}, {}});
  add({HealthAspect::replication,
       HealthStatus::ok,
       vault,
       "bk/x",
       pull,
       "fine",
       {},
       {},
       60s,
       {},
       {},
       2});
  health.datasets = {{nas, *DatasetName::parse("tank/with blanks"), 3, 60s, 7201s},
                     {vault, *DatasetName::parse("bk/x"), 0, {}, {}}};
  health.plan_steps = {{"destroy", 0}, {"send", 2}};
  health.plan_bytes = 4096;
  return health;
}

}  // namespace

TEST_CASE("a check's output is one line, performance data, and a line for each finding") {
  const std::string text = health_to_nagios(hostile());
  check_golden(folder / "health.nagios", text);
  CHECK(std::count(text.begin(), text.end(), '|') == 1);
  CHECK(text.find('|') < text.find('\n'));
}

TEST_CASE("a site that is as promised says so in one line") {
  Health health = hostile();
  for (HealthVerdict& v : health.verdicts) v.status = HealthStatus::ok;
  const std::string text = health_to_nagios(health);
  CHECK(text.starts_with("ZREPL OK - site office is as promised: 8 ok |"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("a check tells a hundred findings at most") {
  Health health;
  for (int i = 0; i < 150; ++i) {
    health.verdicts.push_back({HealthAspect::host,
                               HealthStatus::unknown,
                               HostName{"h" + std::to_string(i)},
                               {},
                               {},
                               "gone",
                               {},
                               {}});
  }
  const std::string text = health_to_nagios(health);
  CHECK(std::count(text.begin(), text.end(), '\n') == 102);
  CHECK(text.ends_with("and 50 more; `zrepl health` shows them\n"));
}

TEST_CASE("metrics hold whatever names are called") {
  const PastRun run{Millis(1795327990000ms),      Millis(1795328000000ms), 2048,
                    {{"done", 7}, {"failed", 1}}, {{"send", 1}},           {}};
  check_golden(folder / "health.openmetrics", health_to_openmetrics(hostile(), run));
  const std::string without = health_to_openmetrics(hostile());
  CHECK(without.find("zrepl_last_run") == without.npos);
  CHECK(without.ends_with("# EOF\n"));
}
