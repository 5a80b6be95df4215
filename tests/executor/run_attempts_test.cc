// What passes and what does not: how often it is tried, over which connection, and what is told of
// it.
#include <doctest/doctest.h>

#include "tests/executor/run_on_fakes.h"

using namespace zr;

namespace {
using event::Outcome;
}  // namespace

TEST_CASE("a stream is tried again only while nothing of it has arrived") {
  FakeHosts hosts;
  const Plan plan = plan_from_text("nas send tank/db@a=7\nvault recv back/db of 1");
  SUBCASE("busy, at first") {
    hosts.fail("vault: recv", {Remedy::retry, "busy"}, 2);
    CHECK(run_patiently_on(hosts, plan).count(Outcome::done) == 2);
    CHECK(lines_with(hosts.calls(), "nas: send") ==
          "nas: send tank/db@a\nnas: send tank/db@a\nnas: send tank/db@a\n");
  }
  SUBCASE("in the middle") {
    hosts.fail("vault: write", {Remedy::retry, "busy"}, 1);
    CHECK(run_on(hosts, plan).count(Outcome::failed) == 2);
    CHECK(lines_with(hosts.calls(), "nas: send") == "nas: send tank/db@a\n");
  }
  SUBCASE("over a new connection each time") {
    hosts.fail("nas: send", {Remedy::reconnect, "gone away"}, 2);
    CHECK(lines_with(text_of(run_patiently_on(hosts, plan)), "1 ") == "1 done\n");
    CHECK(lines_with(hosts.calls(), "nas: connect") ==
          "nas: connect\nnas: connect\nnas: connect\n");
  }
  SUBCASE("but not for ever") {
    hosts.fail("nas: send", {Remedy::reconnect, "gone away"});
    CHECK(lines_with(text_of(run_on(hosts, plan)), "1 ") == "1 failed: gone away\n");
  }
}

TEST_CASE("a passing fault is tried again, for a while") {
  FakeHosts hosts;
  const Plan plan = plan_from_text("nas destroy tank/a@1=1\nnas destroy tank/b@1=1");
  SUBCASE("and passes") {
    hosts.fail("tank/b@1", {Remedy::retry, "busy"}, 3);
    CHECK(text_of(run_patiently_on(hosts, plan)) == "1 done\n2 done\n");
  }
  SUBCASE("and stays") {
    hosts.fail("tank/b@1", {Remedy::retry, "busy"});
    CHECK(text_of(run_on(hosts, plan)) == "1 done\n2 failed: busy\n");
    CHECK(lines_with(hosts.calls(), "nas: destroy tank/b").size() >
          2 * std::string("nas: destroy tank/b@1\n").size());
  }
}

TEST_CASE("every attempt is told of, with what was wrong and the pause before the next") {
  FakeHosts hosts;
  hosts.fail("nas: destroy tank/a@1", {Remedy::retry, "busy"}, 2);
  std::vector<event::StepRetried> told;
  class Listener final : public Progress {
   public:
    explicit Listener(std::vector<event::StepRetried>& to) : to_(to) {}
    void on(const Event& event) override {
      if (const auto* retried = std::get_if<event::StepRetried>(&event)) to_.push_back(*retried);
    }

   private:
    std::vector<event::StepRetried>& to_;
  } listener(told);
  const auto journal = no_journal();
  RunOptions options;
  options.retry_pause = std::chrono::milliseconds(8);
  const RunReport report = run(plan_from_text("nas destroy tank/a@1=1"), hosts.connect(), *journal,
                               listener, options, {});
  CHECK(text_of(report) == "1 done\n");
  REQUIRE(told.size() == 2);
  for (unsigned i = 0; i < 2; ++i) {
    CHECK(told[i].step == 1);
    CHECK(told[i].attempt == i + 1);
    CHECK(told[i].message == "busy");
    CHECK(told[i].pause >= std::chrono::milliseconds(4 << i));
    CHECK(told[i].pause <= std::chrono::milliseconds(8 << i));
  }
}

TEST_CASE("what failed says whether a new plan may help") {
  FakeHosts hosts;
  const Plan plan = plan_from_text("nas send tank/db@a=7\nvault recv back/db of 1");
  const auto remedy = [&] { return run_on(hosts, plan).entries.front().remedy; };
  SUBCASE("a stream that was cut: it goes on from there") {
    hosts.fail("vault: write", {Remedy::retry, "connection reset"}, 1);
    CHECK(remedy() == Remedy::replan);
  }
  SUBCASE("no space: a person has to make some") {
    hosts.fail("vault: write", {Remedy::give_up, "out of space"}, 1);
    CHECK(remedy() == Remedy::give_up);
  }
  SUBCASE("nothing failed") { CHECK_FALSE(remedy()); }
}

TEST_CASE("a broken connection is opened again, at once and then for a while") {
  FakeHosts hosts;
  const Plan plan = plan_from_text("nas destroy tank/a@1=1\nnas destroy tank/b@1=1");
  SUBCASE("and does") {
    hosts.fail("destroy", {Remedy::reconnect, "broken pipe"}, 1);
    CHECK(text_of(run_on(hosts, plan)) == "1 done\n2 done\n");
    CHECK(hosts.calls() ==
          "nas: connect\nnas: destroy tank/a@1 tank/b@1\nnas: connect\n"
          "nas: destroy tank/a@1 tank/b@1\n");
  }
  SUBCASE("and does not: then no step of the batch waits for it again") {
    hosts.fail("nas: connect", {Remedy::give_up, "no route to host"});
    CHECK(text_of(run_on(hosts, plan)) ==
          "1 failed: no route to host\n2 failed: no route to host\n");
    CHECK(hosts.calls() == "nas: connect\nnas: connect\n");
  }
}

TEST_CASE("interrupted while it waits to try again, it does not wait") {
  FakeHosts hosts;
  std::stop_source stop;
  hosts.fail("destroy", {Remedy::retry, "busy"});
  hosts.on_call = [&](const std::string& call) {
    if (call == "nas: destroy tank/b@1") stop.request_stop();
  };
  RunOptions options;
  options.retry_for = std::chrono::hours(10);
  options.retry_pause = std::chrono::hours(1);
  CHECK(text_of(run_on(hosts, plan_from_text("nas destroy tank/a@1=1\nnas destroy tank/b@1=1"),
                       stop.get_token(), options)) == "1 interrupted: busy\n2 interrupted: busy\n");
}
