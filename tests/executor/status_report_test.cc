#include "executor/report/status_report.h"

#include <doctest/doctest.h>

#include "executor/commands/screen.h"
#include "executor/daemon/control.h"
#include "executor/daemon/live_run.h"
#include "tests/executor/plan_text.h"

namespace zr {
namespace {

using namespace std::chrono_literals;

// 2026-11-22T06:30:00Z
constexpr Seconds half_past_six{1'795'329'000s};

JobId job(const std::string& name) { return JobId::parse(name).value(); }

DaemonStatus daemon() {
  DaemonStatus daemon;
  daemon.pid = 4711;
  daemon.since = half_past_six - 2h;
  daemon.policy_hash = "cafe";
  JobState often{job("autosnap.often")};
  often.due = half_past_six + 90s;
  often.began = half_past_six - 64s;
  often.ended = half_past_six - 60s;
  often.status = ExitStatus::done;
  JobState offsite{job("push.offsite")};
  offsite.is_running = true;
  offsite.due = half_past_six;
  offsite.began = half_past_six - 1h;
  offsite.ended = half_past_six - 50min;
  offsite.status = ExitStatus::steps_failed;
  JobState prune{job("prune.vault")};
  prune.is_paused = true;
  daemon.jobs = {often, prune, offsite};
  RunState run;
  run.name = job("push.offsite");
  run.jobs = {job("push.offsite")};
  run.began = half_past_six - 75s;
  run.steps = 40;
  run.done = 12;
  run.failed = 1;
  run.streams = {{HostName("nas"), "tank/db", 750 << 20, 1000 << 20, 10 << 20},
                 {HostName("nas"), "tank/new", 5, 0, 0}};
  daemon.runs = {run};
  return daemon;
}

StatusOf status() { return {"site.zr", "office", "cafe", half_past_six, daemon(), {}, {}}; }

}  // namespace

TEST_CASE("what a daemon does is told job by job and stream by stream") {
  CHECK(status_to_text(status()) ==
        "site office (site.zr): a daemon runs for 2:00:00, pid 4711\n"
        "\n"
        "job             state       next  last ended   took  result\n"
        "autosnap.often  waiting  in 1:30    1:00 ago   0:04  done\n"
        "prune.vault     paused         -           -      -  -\n"
        "push.offsite    running        -   50:00 ago  10:00  steps failed\n"
        "\n"
        "push.offsite runs for 1:15: 12 of 40 steps done, 1 failed\n"
        "    nas:tank/db  750 MiB of 1000 MiB (75 %)  10 MiB/s  0:25 left\n"
        "    nas:tank/new  5 B  0 B/s\n");
}

TEST_CASE("a file that means something else than what runs is said, and a clock in doubt") {
  StatusOf other = status();
  other.policy_hash = "beef";
  other.daemon->clock_doubt = "the clock went mad";
  const std::string text = status_to_text(other);
  CHECK(text.find("kill -HUP 4711\n") != std::string::npos);
  CHECK(text.find("the clock went mad\n") != std::string::npos);
}

TEST_CASE("without a daemon the journal's last run is told") {
  StatusOf none = status();
  none.daemon.reset();
  CHECK(status_to_text(none) ==
        "site office (site.zr): no daemon runs\nits journal tells of no run that has ended\n");
  none.last_run = PastRun{Millis(half_past_six - 1h),
                          Millis(half_past_six - 5min),
                          7,
                          {{"done", 3}, {"failed", 1}, {"skipped", 0}},
                          {},
                          {}};
  CHECK(status_to_text(none) ==
        "site office (site.zr): no daemon runs\n"
        "the last run that had something to do ended 5:00 ago: 3 done, 1 failed\n");
}

TEST_CASE("what a daemon says of itself survives being written and read") {
  const ControlReply reply{"", {}, daemon()};
  CHECK(std::get<ControlReply>(reply_from(line_of(reply))) == reply);
  const ControlRequest request{ControlRequest::Call::status, {}, false};
  CHECK(line_of(request) == "{\"call\":\"status\"}\n");
  CHECK(std::get<ControlRequest>(request_from(line_of(request))) == request);
}

TEST_CASE("a run is watched from its plan to its end") {
  const Plan plan = plan_from_text(R"(
    nas snapshot tank/db@a
    nas send tank/db@0=5..@a after 1
    vault recv back/db of 2
  )");
  std::chrono::steady_clock::time_point now{};
  LiveRun live(job("push.x"), {job("push.x")}, half_past_six, [&now] { return now; });
  CHECK(live.state().steps == 0);
  live.on(event::RunStarted{&plan});
  CHECK(live.state().steps == 3);
  live.on(event::StepStarted{1});
  live.on(event::StepEnded{1, event::Outcome::done, ""});
  live.on(event::StepStarted{2});
  live.on(event::StepStarted{3});
  now += 2s;
  live.on(event::StreamMoved{2, 300});
  REQUIRE(live.state().streams.size() == 1);
  CHECK(live.state().streams[0] == StreamState{HostName("nas"), "tank/db", 300, 1000, 150});
  live.on(event::StepEnded{3, event::Outcome::failed, "no"});
  live.on(event::StepEnded{2, event::Outcome::failed, "no"});
  live.on(event::RunEnded{1, 2});
  CHECK(live.state().streams.empty());
  CHECK(live.state().done == 1);
  CHECK(live.state().failed == 2);
}

TEST_CASE("what does not fit a terminal is cut, and said to be") {
  CHECK(drawn("one\ntwo\n", {80, 24}) == "\x1b[Hone\x1b[K\ntwo\x1b[K\x1b[J");
  CHECK(drawn("a\nb\nc\nd\n", {80, 3}) == "\x1b[Ha\x1b[K\nb\x1b[K\n… and 2 more lines\x1b[K\x1b[J");
  CHECK(drawn("a\nb\nc\n", {80, 3}) == "\x1b[Ha\x1b[K\nb\x1b[K\nc\x1b[K\x1b[J");
  CHECK(drawn("wide änd wider", {6, 24}) == "\x1b[Hwide ä\x1b[K\x1b[J");
  CHECK(drawn("", {80, 24}) == "\x1b[H\x1b[J");
  CHECK(drawn("abc", {0, 0}) == "\x1b[Ha\x1b[K\x1b[J");
}

}  // namespace zr
