#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/lang/site.h"

using namespace zr;

namespace {

const std::string hosts =
    "host a { transport local }\nhost b { transport sim \"b\" }\nhost c { transport sim \"c\" }\n";

std::size_t loops(const std::string& jobs) {
  const Site site = compile_site(hosts + jobs);
  const auto codes = site.codes();
  return static_cast<std::size_t>(std::count(codes.begin(), codes.end(), "ZR1603"));
}

// Follows the maps by hand from one dataset; whether it is still going after `steps`.
bool goes_on(const std::vector<Replication>& jobs, const HostName& host, const DatasetName& dataset,
             int steps) {
  if (steps == 0) return true;
  for (const Replication& job : jobs) {
    if (job.from != host) continue;
    const auto target = job.map.target(dataset);
    if (target && goes_on(jobs, job.to, *target, steps - 1)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a replication below itself never ends") {
  CHECK(loops("push p { from a; to a; map { tank< -> tank/copy } }") == 1);
  CHECK(loops("push p { from a; to a; map { tank< -> tank/copy; tank/copy< -> omit } }") == 0);
  CHECK(loops("push p { from a; to a; map { tank -> tank/copy } }") == 0);
  CHECK(loops("push p { from a; to a; map { < -> tank } }") == 1);
  CHECK(loops("push p { from a; to a; map { tank< -> tank } }") == 1);
}

TEST_CASE("a ring of hosts feeds itself only where the datasets come round") {
  CHECK(
      loops(
          "push ab { from a; to b; map { t< -> t } }\npush ba { from b; to a; map { t< -> t } }") ==
      1);
  CHECK(
      loops(
          "push ab { from a; to b; map { t< -> t } }\npush ba { from b; to a; map { t< -> u } }") ==
      0);
  CHECK(
      loops("push ab { from a; to b; map { t< -> t } }\npush bc { from b; to c; map { t< -> t } }\n"
            "push ca { from c; to a; map { t/x< -> t/x } }") == 1);
}

TEST_CASE("a chain that grows for long and then ends is no loop") {
  CHECK(loops("push p { from a; to a; map { t< -> t/x; t/x/x/x/x/x/x/x/x< -> omit } }") == 0);
  // As an exact pattern it stops only one of the datasets.
  CHECK(loops("push p { from a; to a; map { t< -> t/x; t/x/x/x/x -> omit } }") == 1);
}

TEST_CASE("a loop is shown once, with its chain") {
  const Site site = compile_site(hosts + "push p { from a; to a; map { t< -> t/x } }");
  REQUIRE(site.diagnostics.size() == 1);
  CHECK(site.diagnostics[0].message.find("a:t -> a:t/x -> a:t/x/x -> ") != std::string::npos);
}

TEST_CASE("what is called a loop goes on, and what is not ends, on random sites") {
  const std::vector<std::string> names{"t", "u", "t/x", "t/y", "t/x/y", "u/x", "t/x/x"};
  CHECK(rc::check("loops", [&] {
    std::string text;
    for (int job = 0; job < 3; ++job) {
      const char from = *rc::gen::element('a', 'b');
      const char to = *rc::gen::element('a', 'b');
      text += "push p" + std::to_string(job) + " { from " + from + "; to " + to + "; map { ";
      std::vector<std::string> used;
      for (int line = *rc::gen::inRange(1, 4); line > 0; --line) {
        const auto pattern =
            *rc::gen::elementOf(names) + *rc::gen::element<std::string>("", "<", "<");
        if (std::find(used.begin(), used.end(), pattern) != used.end()) continue;
        used.push_back(pattern);
        const bool omit = *rc::gen::inRange(0, 4) == 0;
        text += pattern + " -> " + (omit ? "omit" : *rc::gen::elementOf(names)) + "; ";
      }
      text += "} }\n";
    }
    const Site site = compile_site(hosts + text);
    const auto codes = site.codes();
    const bool proven = std::count(codes.begin(), codes.end(), "ZR1603") > 0;
    if (std::count(codes.begin(), codes.end(), "ZR1602") > 0) RC_DISCARD("one target twice");
    if (proven) return;
    RC_ASSERT(site.policy.has_value());
    for (const std::string& name : names) {
      for (const char* rest : {"", "/z", "/x", "/y", "/x/z"}) {
        const DatasetName dataset = *DatasetName::parse(name + rest);
        for (const char* host : {"a", "b"}) {
          RC_ASSERT(!goes_on(site.policy->replications, HostName(host), dataset, 40));
        }
      }
    }
  }));
}
