// What becomes of streams is seen by asking their targets, once for many.
#include <doctest/doctest.h>

#include "tests/executor/run_on_fakes.h"

using namespace zr;

TEST_CASE("streams to one host are looked at by one listing") {
  FakeHosts hosts;
  const RunReport report = run_on(hosts, plan_from_text(R"(
    nas send tank/a@1=7
    vault recv back/a of 1
    nas send tank/b@1=8
    vault recv back/b of 3
    nas bookmark tank/a@1=7 after 2
    nas bookmark tank/b@1=8 after 4
  )"));
  CHECK(report.count(event::Outcome::done) == 6);
  CHECK(lines_with(hosts.calls(), "list") == "vault: list back/a back/b\n");
  CHECK(lines_with(hosts.calls(), "bookmark") ==
        "nas: bookmark tank/a#zrepl:office:pull.offsite:0000000000000007 of @1=7 "
        "tank/b#zrepl:office:pull.offsite:0000000000000008 of @1=8\n");
}

TEST_CASE("of several streams that were sent, those that did not land are told by name") {
  FakeHosts hosts;
  Version other;
  other.name = "other";
  other.guid = Guid(1);
  hosts.lands_as = other;
  const RunReport report = run_on(hosts, plan_from_text(R"(
    nas send tank/a@1=7
    vault recv back/a of 1
    nas bookmark tank/a@1=7 after 2
  )"));
  const std::string why =
      "the stream ended, but vault:back/a does not have @1 with guid 7; plan again\n";
  CHECK(text_of(report) == "1 failed: " + why + "2 failed: " + why +
                               "3 skipped: skipped because step 2 (recv vault:back/a) failed\n");
}

TEST_CASE("interrupted when a stream was sent, what became of it is left to the next plan") {
  FakeHosts hosts;
  std::stop_source stop;
  hosts.on_call = [&](const std::string& call) {
    if (call == "vault: landed back/a") stop.request_stop();
  };
  const RunReport report = run_on(hosts, plan_from_text(R"(
    nas send tank/a@1=7
    vault recv back/a of 1
    nas bookmark tank/a@1=7 after 2
  )"),
                                  stop.get_token());
  const std::string why = "the stream was sent; whether it landed is for the next plan to see\n";
  CHECK(text_of(report) == "1 interrupted: " + why + "2 interrupted: " + why +
                               "3 interrupted: not started: the run was interrupted\n");
  CHECK(report.interrupted);
  CHECK(lines_with(hosts.calls(), "list") == "");
}
