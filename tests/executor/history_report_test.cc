#include "executor/report/history_report.h"

#include <doctest/doctest.h>

using namespace zr;
using namespace std::chrono_literals;

namespace {

// 2026-11-22T06:00:00Z
constexpr Millis six{1'795'327'200s};

PastRun run(std::chrono::minutes began, std::chrono::seconds took, std::uint64_t mib) {
  return {six + began, six + began + took, mib << 20, {{"done", 5}}, {}, {}};
}

std::string text(const std::vector<PastRun>& runs, std::size_t limit = 0) {
  return history_to_text({"a.zr", "office", runs, limit});
}

}  // namespace

TEST_CASE("a site that never ran has no history") {
  CHECK(text({}) == "site office (a.zr): its journal tells of no run\n");
}

TEST_CASE("the newest run comes first, with what failed in it") {
  PastRun bad = run(30min, 75s, 2048);
  bad.steps = {{"done", 3}, {"failed", 2}, {"interrupted", 0}, {"skipped", 1}};
  bad.failed_steps = {{"recv", 1}, {"send", 1}};
  bad.failures = {{"send", "nas", "tank/db", "out of space\nreally"},
                  {"recv", "vault", "backup/db", "out of space\nreally"}};
  PastRun cut = run(45min, 0s, 1);
  cut.ended.reset();
  cut.steps.clear();
  PastRun old = run(0min, 3s, 1);
  old.started.reset();
  old.bytes.reset();
  CHECK(text({old, bad, cut}) ==
        "site office (a.zr): 3 runs\n"
        "started               took   size  steps\n"
        "2026-11-22T06:45:00Z     -  1 MiB  did not end: it was killed, or is still going\n"
        "2026-11-22T06:30:00Z  1:15  2 GiB  2 failed, 1 skipped, 3 done\n"
        "    send nas:tank/db: out of space; really\n"
        "before that              -      -  5 done\n");
}

TEST_CASE("the newest runs are held against those before them, however few are shown") {
  std::vector<PastRun> runs;
  for (int i = 0; i < 30; ++i) runs.push_back(run(i * 1min, i < 20 ? 10s : 30s, i < 20 ? 1 : 8));
  runs[3].failed_steps = {{"send", 1}};
  CHECK(text(runs, 1) ==
        "site office (a.zr): the newest 1 of 30 runs\n"
        "started               took   size  steps\n"
        "2026-11-22T06:29:00Z  0:30  8 MiB  5 done\n"
        "\n"
        "median of      took   size  runs\n"
        "the newest 10  0:30  8 MiB  0 with failures\n"
        "the 20 before  0:10  1 MiB  1 with failures\n");
}

TEST_CASE("what a run says can't do anything to a terminal") {
  PastRun bad = run(0min, 1s, 1);
  bad.failures = {{"send", "h", "t\x1b[2J", "\x1b]0;x\a"}};
  CHECK(text({bad}).find('\x1b') == std::string::npos);
}
