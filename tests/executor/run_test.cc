#include "executor/run/run.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <atomic>
#include <set>

#include "tests/executor/run_on_fakes.h"

using namespace zr;

namespace {

using event::Outcome;

// Keeps what it was told as "started 1", "ended 1"; fails from the nth record on.
class MemoryJournal final : public Journal {
 public:
  explicit MemoryJournal(std::size_t good = 1000000) : good_(good) {}
  Result<void> record(const Event& event) override {
    if (good_-- == 0) {
      good_ = 0;
      return Error{Remedy::give_up, "cannot write the journal: no space left on device"};
    }
    if (const auto* start = std::get_if<event::StepStarted>(&event)) {
      lines.push_back("started " + std::to_string(start->step));
    } else if (const auto* end = std::get_if<event::StepEnded>(&event)) {
      lines.push_back(std::string(event::to_string(end->outcome)) + " " +
                      std::to_string(end->step));
    }
    return {};
  }
  std::vector<std::string> lines;

 private:
  std::size_t good_;
};

}  // namespace

TEST_CASE("guids that the plan could not know are learned on the way") {
  FakeHosts hosts;
  hosts.add("nas", "tank/db");
  const Plan plan = plan_from_text(R"(
    nas snapshot tank/db@new
    nas send tank/db@new after 1
    vault recv back/db of 2
    nas bookmark tank/db@new after 3
    vault hold back/db@new after 4
  )");
  CHECK(text_of(run_on(hosts, plan)) == "1 done\n2 done\n3 done\n4 done\n5 done\n");
  CHECK(hosts.calls() == R"(nas: connect
nas: snapshot tank/db@new
nas: list tank/db
vault: connect
nas: send tank/db@new
vault: recv back/db
vault: write back/db
vault: landed back/db
vault: list back/db
nas: bookmark tank/db#zrepl:office:pull.offsite:0000000000000064 of @new=100
vault: hold back/db@new=100
)");
  CHECK(hosts.open_connections() == 0);
}

TEST_CASE("what the plan makes of a bookmark can be relied upon in turn") {
  FakeHosts hosts;
  CHECK(text_of(run_on(hosts, plan_from_text(R"(
    nas bookmark tank/db@old=5 as kept
    nas send tank/db#kept..@old=5 after 1
    vault recv back/db of 2
  )"))) == "1 done\n2 done\n3 done\n");
}

TEST_CASE("a guid that nobody can know makes the step fail, not guess") {
  FakeHosts hosts;
  CHECK(text_of(run_on(hosts, plan_from_text("nas destroy tank/db@new"))) ==
        "1 failed: the guid of nas:tank/db@new is not known: no step of this run made it; plan "
        "again\n");
  CHECK(hosts.calls() == "");
}

TEST_CASE("a stream counts only once it was seen on the target") {
  FakeHosts hosts;
  const Plan plan = plan_from_text(R"(
    nas send tank/db@a=7
    vault recv back/db of 1
    nas bookmark tank/db@a=7 after 2
  )");
  SUBCASE("the target has something else") {
    Version other;
    other.name = "a";
    other.guid = Guid(8);
    hosts.lands_as = other;
    CHECK(text_of(run_on(hosts, plan)) ==
          "1 failed: the stream ended, but vault:back/db does not have @a with guid 7; plan again\n"
          "2 failed: the stream ended, but vault:back/db does not have @a with guid 7; plan again\n"
          "3 skipped: skipped because step 2 (recv vault:back/db) failed\n");
  }
  SUBCASE("the target can't be asked") {
    hosts.fail("vault: list", {Remedy::give_up, "the pool is suspended"});
    CHECK(lines_with(text_of(run_on(hosts, plan)), "1 ") ==
          "1 failed: the stream ended, but whether it landed could not be seen: the pool is "
          "suspended\n");
  }
  Version there;
  there.name = "a";
  there.guid = Guid(7);
  SUBCASE("it is there, and a property that it should have is not") {
    hosts.add("vault", "back/db", {there});
    const std::string said = "cannot receive readonly property on back/db: permission denied";
    hosts.fail("vault: landed", {Remedy::give_up, said, true});
    const std::string text = text_of(run_on(hosts, plan));
    CHECK(text.starts_with("1 failed: " + said));
    CHECK(text.ends_with("\n3 skipped: skipped because step 2 (recv vault:back/db) failed\n"));
  }
  SUBCASE("it says it failed, and yet it is there") {
    hosts.add("vault", "back/db", {there});
    hosts.fail("vault: landed", {Remedy::give_up, "lost touch"});
    CHECK(text_of(run_on(hosts, plan)) == "1 done\n2 done\n3 done\n");
  }
}

TEST_CASE("a resumed stream is known by its guid, whatever it is called now") {
  FakeHosts hosts;
  hosts.add("vault", "back/db");
  hosts.set_token("vault", "back/db", "token");
  Version renamed;
  renamed.name = "renamed";
  renamed.guid = Guid(7);
  hosts.lands_as = renamed;
  CHECK(text_of(run_on(hosts, plan_from_text(R"(
    nas resume tank/db@a=7
    vault recv back/db of 1
  )"))) == "1 done: landed as @renamed\n2 done: landed as @renamed\n");
  CHECK(hosts.calls().find("vault: resumed recv back/db") != std::string::npos);
}

TEST_CASE("a stream that breaks off is kept, and the error says so") {
  FakeHosts hosts;
  hosts.fail("vault: write", {Remedy::give_up, "out of space"});
  CHECK(lines_with(text_of(run_on(hosts, plan_from_text(R"(
          nas send tank/db@a=7
          vault recv back/db of 1
        )"))),
                   "1 ") ==
        "1 failed: out of space; what has arrived is kept, and the next apply goes on from there "
        "(to drop it, on vault: zfs receive -A 'back/db')\n");
}

TEST_CASE("when a batch fails, those that can be done are, and the others say why not") {
  FakeHosts hosts;
  hosts.fail("tank/b@1", {Remedy::replan, "tank/b@1 has another guid"});
  CHECK(text_of(run_on(hosts, plan_from_text(R"(
    nas destroy tank/a@1=1
    nas destroy tank/b@1=1
    nas destroy tank/c@1=1
    nas destroy tank/d@1=1 after 2
  )"))) ==
        "1 done\n2 failed: tank/b@1 has another guid\n3 done\n"
        "4 skipped: skipped because step 2 (destroy nas:tank/b) failed\n");
  CHECK(hosts.calls() == R"(nas: connect
nas: destroy tank/a@1 tank/b@1 tank/c@1
nas: destroy tank/a@1
nas: destroy tank/b@1
nas: destroy tank/c@1
)");
}

TEST_CASE("a dataset that vanished does not keep the others from being snapshotted together") {
  FakeHosts hosts;
  hosts.add("nas", "tank/a");
  hosts.add("nas", "tank/c");
  const Plan plan = plan_from_text(R"(
    nas snapshot tank/a@1
    nas snapshot tank/b@1
    nas snapshot tank/c@1
  )");
  CHECK(text_of(run_on(hosts, plan)) ==
        "1 done\n2 failed: nas:tank/b does not exist any more; plan again\n3 done\n");
  CHECK(lines_with(hosts.calls(), "snapshot") ==
        "nas: snapshot tank/a@1 tank/b@1 tank/c@1\nnas: snapshot tank/a@1 tank/c@1\n");
  SUBCASE("but those that are there are taken together or not at all") {
    hosts.fail("snapshot", {Remedy::give_up, "out of space"});
    CHECK(text_of(run_on(hosts, plan)) ==
          "1 failed: out of space\n2 failed: nas:tank/b does not exist any more; plan again\n"
          "3 failed: out of space\n");
  }
}

TEST_CASE("hosts work in parallel, each within its slots, and connections are used again") {
  FakeHosts hosts;
  std::string text;
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    text += "nas send tank/a" + n + "@1=1\n";
    text += "vault recv back/a" + n + " of " + std::to_string(2 * i + 1) + "\n";
  }
  std::atomic<int> sending = 0;
  hosts.on_call = [&](const std::string& call) {
    if (call.find("nas: send") == call.npos) return;
    // The first waits for another one: without parallelism this would not end well.
    for (int i = ++sending == 1 ? 0 : 5000; i < 5000 && sending < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  RunOptions options = impatient();
  options.slots = {{HostName("nas"), 3}, {HostName("vault"), 2}};
  const auto journal = no_journal();
  const auto progress = no_progress();
  const RunReport report =
      run(plan_from_text(text), hosts.connect(), *journal, *progress, options, {});
  CHECK(report.count(Outcome::done) == 40);
  CHECK(sending >= 2);
  CHECK(hosts.most_connections("nas") == 2);
  CHECK(hosts.most_connections("vault") == 2);
  CHECK(lines_with(hosts.calls(), "connect").size() ==
        2 * std::string("nas: connect\n").size() + 2 * std::string("vault: connect\n").size());
}

TEST_CASE("a step is in the journal before it starts and after it ended") {
  FakeHosts hosts;
  MemoryJournal journal;
  std::vector<std::string> seen;
  hosts.on_call = [&](const std::string& call) {
    if (call == "nas: destroy tank/a@1") seen = journal.lines;
  };
  const auto progress = no_progress();
  run(plan_from_text("nas destroy tank/a@1=1\nnas destroy tank/b@1=1 after 1"), hosts.connect(),
      journal, *progress, impatient(), {});
  CHECK(seen == std::vector<std::string>{"started 1"});
  CHECK(journal.lines == std::vector<std::string>{"started 1", "done 1", "started 2", "done 2"});
}

TEST_CASE("without a journal nothing more is started") {
  FakeHosts hosts;
  const Plan plan = plan_from_text("nas destroy tank/a@1=1\nnas destroy tank/b@1=1 after 1");
  const auto progress = no_progress();
  const std::string why = "cannot write the journal: no space left on device";
  SUBCASE("from the start") {
    MemoryJournal journal(0);
    const auto report = run(plan, hosts.connect(), journal, *progress, impatient(), {});
    CHECK(text_of(report) == "1 interrupted: not started: " + why + "\n" +
                                 "2 interrupted: not started: " + why + "\n");
    CHECK(report.trouble == why);
    CHECK_FALSE(report.interrupted);
    CHECK(hosts.calls() == "");
  }
  SUBCASE("after the first step: what it did is in the report") {
    MemoryJournal journal(2);
    const auto report = run(plan, hosts.connect(), journal, *progress, impatient(), {});
    CHECK(text_of(report) == "1 done\n2 interrupted: not started: " + why + "\n");
    CHECK(report.trouble == why);
  }
}

TEST_CASE("interrupted, it starts nothing more and cuts streams so that they can be resumed") {
  FakeHosts hosts;
  std::stop_source stop;
  hosts.hang("vault: write", stop.get_token());
  hosts.on_call = [&](const std::string& call) {
    if (call == "vault: write back/db") stop.request_stop();
  };
  const RunReport report = run_on(hosts, plan_from_text(R"(
    nas send tank/db@a=7
    vault recv back/db of 1
    nas bookmark tank/db@a=7 after 2
    nas destroy tank/x@1=1
  )"),
                                  stop.get_token());
  CHECK(text_of(report) ==
        "1 interrupted: cut off (stopped); the next apply goes on from what has arrived\n"
        "2 interrupted: cut off (stopped); the next apply goes on from what has arrived\n"
        "3 interrupted: not started: the run was interrupted\n"
        "4 interrupted: not started: the run was interrupted\n");
  CHECK(report.interrupted);
  CHECK(report.trouble == "");
  CHECK(hosts.calls() == R"(nas: connect
vault: connect
nas: send tank/db@a
vault: recv back/db
vault: write back/db
vault: cut back/db
)");
  CHECK(hosts.open_connections() == 0);
}

TEST_CASE("interrupted after the last step, it is done") {
  FakeHosts hosts;
  std::stop_source stop;
  hosts.on_call = [&](const std::string& call) {
    if (call == "nas: destroy tank/a@1") stop.request_stop();
  };
  const RunReport report =
      run_on(hosts, plan_from_text("nas destroy tank/a@1=1"), stop.get_token());
  CHECK(text_of(report) == "1 done\n");
  CHECK_FALSE(report.interrupted);
}

TEST_CASE("a plan that makes no sense is refused whole") {
  FakeHosts hosts;
  const RunReport report = run_on(hosts, plan_from_text("nas destroy t/a@1=1\nnas recv b/a of 9"));
  CHECK(report.count(Outcome::failed) == 2);
  CHECK(report.trouble.find("the stream of step 9") != std::string::npos);
  CHECK(hosts.calls() == "");
}

namespace {

// Checks, from the outside, that each step starts and ends at most once and in order.
class Referee final : public Progress {
 public:
  explicit Referee(const Plan& plan) : plan_(plan) {}
  void on(const Event& event) override {
    if (const auto* start = std::get_if<event::StepStarted>(&event)) {
      good = good && started_.insert(start->step).second;
      const auto* recv = std::get_if<Recv>(&plan_.step(start->step).action);
      for (const StepId before : plan_.step(start->step).after) {
        good = good && ((recv && before == recv->stream_of) || done_.count(before) > 0);
      }
    } else if (const auto* end = std::get_if<event::StepEnded>(&event)) {
      good = good && ended_.insert(end->step).second;
      if (end->outcome == Outcome::done) done_.insert(end->step);
    }
  }
  bool good = true;
  std::size_t ended() const { return ended_.size(); }

 private:
  const Plan& plan_;
  std::set<StepId> started_, ended_, done_;
};

Plan random_plan() {
  std::string text;
  const int size = *rc::gen::inRange(1, 30);
  for (StepId id = 1; id <= static_cast<StepId>(size); ++id) {
    std::string after;
    for (StepId before = 1; before < id; ++before) {
      if (*rc::gen::inRange(0, 6) == 0) after += " " + std::to_string(before);
    }
    if (!after.empty()) after = " after" + after;
    const std::string host = *rc::gen::element<std::string>("a", "b", "c");
    const std::string n = std::to_string(id);
    if (*rc::gen::inRange(0, 3) == 0) {
      text += host + " send p/x" + n + "@s=1" + after + "\n";
      text += "b recv q/x" + n + " of " + n + after + "\n";
      ++id;
    } else {
      text += host + " destroy p/x" + n + "@s=1" + after + "\n";
    }
  }
  return plan_from_text(text);
}

}  // namespace

TEST_CASE("whatever fails or breaks, a run ends with each step accounted for once") {
  CHECK(rc::check("run", [] {
    const Plan plan = random_plan();
    FakeHosts hosts;
    std::stop_source stop;
    const auto faults = *rc::gen::inRange(0, 4);
    for (int i = 0; i < faults; ++i) {
      const Remedy remedy = *rc::gen::element(Remedy::retry, Remedy::reconnect, Remedy::give_up);
      const std::string which = "/x" + std::to_string(*rc::gen::inRange(1, 30));
      hosts.fail(which, {remedy, "injected"}, static_cast<unsigned>(*rc::gen::inRange(1, 8)));
    }
    const int stop_after = *rc::gen::inRange(0, 200);
    std::atomic<int> calls = 0;
    hosts.on_call = [&](const std::string&) {
      if (++calls == stop_after) stop.request_stop();
    };
    RunOptions options = impatient();
    options.slots = {{HostName("a"), 2}, {HostName("b"), 3}};
    Referee referee(plan);
    const auto journal = no_journal();
    const RunReport report =
        run(plan, hosts.connect(), *journal, referee, options, stop.get_token());
    RC_ASSERT(referee.good);
    RC_ASSERT(referee.ended() == plan.steps.size());
    RC_ASSERT(report.entries.size() == plan.steps.size());
    RC_ASSERT(hosts.open_connections() == 0U);
    RC_ASSERT(report.interrupted == (report.count(Outcome::interrupted) > 0));
    for (const Step& step : plan.steps) RC_ASSERT(report.entries[step.id - 1].step == step.id);
  }));
}
