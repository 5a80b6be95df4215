#include "executor/observe.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "tests/executor/fake_zfs.h"

using namespace zr;

namespace {

Rule rule(const std::string& pattern, RuleResult result) {
  Rule r{{}, std::move(result), {}, {}};
  r.pattern.subtree = pattern.back() == '<';
  r.pattern.dataset =
      DatasetName::parse(r.pattern.subtree ? pattern.substr(0, pattern.size() - 1) : pattern);
  return r;
}

// "tank< -> ok" as pairs; "ok" and "omit" are those, anything else a target.
Rules rules(const std::vector<std::pair<std::string, std::string>>& lines) {
  Rules all;
  for (const auto& [pattern, result] : lines) {
    RuleResult to = Ok{};
    if (result == "omit") to = Omit{};
    if (result != "omit" && result != "ok") to = DatasetName::parse(result).value();
    all.add(rule(pattern, to));
  }
  return all;
}

Autosnap autosnap(const std::string& on, Rules datasets) {
  Autosnap job;
  job.on = HostName(on);
  job.datasets = std::move(datasets);
  return job;
}

Replication pull(const std::string& from, const std::string& to, Rules map) {
  Replication job;
  job.from = HostName(from);
  job.to = HostName(to);
  job.map = std::move(map);
  return job;
}

// "tank< a/b ^a": trees with their `<`, then those alone, then those above missing ones.
std::string roots(const Policy& policy, const std::string& host) {
  const Roots found = roots_of(policy, HostName(host));
  std::string text = found.everything ? "everything" : "";
  for (const auto& name : found.trees) text += (text.empty() ? "" : " ") + name.str() + "<";
  for (const auto& name : found.alone) text += (text.empty() ? "" : " ") + name.str();
  for (const auto& name : found.above) text += (text.empty() ? "^" : " ^") + name.str();
  return text;
}

Policy with_hosts(const std::vector<std::string>& names) {
  Policy policy;
  for (const std::string& name : names) {
    Host host;
    host.name = HostName(name);
    policy.hosts.push_back(host);
  }
  return policy;
}

}  // namespace

TEST_CASE("only what the rules take is looked at, and nothing twice") {
  Policy policy;
  CHECK(roots(policy, "nas") == "");
  policy.autosnaps = {
      autosnap("nas", rules({{"tank<", "ok"}, {"tank/scratch<", "omit"}, {"fast/db", "ok"}})),
      autosnap("nas", rules({{"tank/db<", "ok"}, {"tank/x", "ok"}, {"fast/db", "ok"}})),
      autosnap("other", rules({{"other<", "ok"}}))};
  CHECK(roots(policy, "nas") == "tank< fast/db");
  CHECK(roots(policy, "other") == "other<");

  SUBCASE("a name that only begins alike is not covered") {
    policy.autosnaps.push_back(autosnap("nas", rules({{"tank-2", "ok"}, {"tank 1<", "ok"}})));
    CHECK(roots(policy, "nas") == "tank< tank 1< fast/db tank-2");
  }
  SUBCASE("everything") {
    policy.autosnaps.push_back(autosnap("nas", rules({{"<", "ok"}})));
    CHECK(roots(policy, "nas") == "everything");
  }
  SUBCASE("prunes and protections count too") {
    Prune prune;
    prune.on = HostName("nas");
    prune.datasets = rules({{"pruned<", "ok"}});
    policy.prunes = {prune};
    Protect protect;
    protect.on = HostName("nas");
    protect.datasets = rules({{"legal", "ok"}});
    policy.protects = {protect};
    CHECK(roots(policy, "nas") == "pruned< tank< fast/db legal");
  }
}

TEST_CASE("a target is looked at with all below it, and what is above it where it is missing") {
  Policy policy;
  policy.replications = {
      pull("nas", "vault",
           rules({{"tank<", "backup/site/nas"}, {"tank/db", "fast/db"}, {"tank/tmp<", "omit"}}))};
  CHECK(roots(policy, "nas") == "tank<");
  CHECK(roots(policy, "vault") == "backup/site/nas< fast/db< ^backup ^backup/site ^fast");
  SUBCASE("of everything") {
    policy.replications = {pull("nas", "vault", rules({{"<", "backup"}}))};
    CHECK(roots(policy, "nas") == "everything");
    CHECK(roots(policy, "vault") == "backup<");
  }
  SUBCASE("on the same host") {
    policy.replications = {pull("nas", "nas", rules({{"tank<", "backup/tank"}}))};
    CHECK(roots(policy, "nas") == "backup/tank< tank< ^backup");
  }
}

TEST_CASE("every host is listed, and one that can't be does not stop the others") {
  FakeHosts hosts;
  hosts.add("nas", "tank/db");
  hosts.fail("vault: connect", {Remedy::give_up, "no route to host"});
  hosts.fail("cloud: list", {Remedy::give_up, "zfs: command not found"});
  Policy policy = with_hosts({"cloud", "idle", "nas", "vault"});
  for (const char* host : {"cloud", "nas", "vault"}) {
    policy.autosnaps.push_back(autosnap(host, rules({{"tank/db", "ok"}})));
  }
  const auto world = observe(policy, hosts.connect(), {});
  REQUIRE(world);
  CHECK(world->hosts.size() == 2);
  CHECK(world->hosts.at(HostName("nas")).datasets.size() == 1);
  CHECK(world->hosts.at(HostName("idle")).datasets.empty());
  CHECK(world->unreachable ==
        std::map<HostName, std::string>{{HostName("cloud"), "zfs: command not found"},
                                        {HostName("vault"), "no route to host"}});
  CHECK(hosts.calls().find("idle") == std::string::npos);
  CHECK(hosts.most_connections("nas") == 1);
  CHECK(hosts.open_connections() == 0);
  CHECK(world->observed_at.time_since_epoch() > std::chrono::hours(24 * 365 * 50));
}

TEST_CASE("a host whose sink decides where a push lands has to be there") {
  Policy policy = with_hosts({"nas", "agent", "idle"});
  Replication push = pull("nas", "agent", rules({{"tank<", "ok"}}));
  push.sink_decides = true;
  policy.replications = {push};
  const Connect connect = [](const HostName& name) -> Result<std::unique_ptr<Zfs>> {
    return Error{Remedy::give_up, "no way to " + name.value};
  };
  const auto world = observe(policy, connect, {});
  REQUIRE(world.has_value());
  CHECK(world->unreachable.count(HostName("agent")) == 1);
  CHECK(world->hosts.count(HostName("idle")) == 1);
}

TEST_CASE("hosts are looked at in parallel") {
  FakeHosts hosts;
  std::atomic<int> listing = 0;
  std::atomic<bool> together = false;
  hosts.on_call = [&](const std::string& call) {
    if (call.find("list") == call.npos) return;
    ++listing;
    for (int i = 0; i < 5000 && listing < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (listing == 2) together = true;
  };
  Policy policy = with_hosts({"nas", "vault"});
  policy.autosnaps = {autosnap("nas", rules({{"a", "ok"}})),
                      autosnap("vault", rules({{"a", "ok"}}))};
  CHECK(observe(policy, hosts.connect(), {}));
  CHECK(together);
}

TEST_CASE("a fleet is looked at with a bounded number of threads, each host once") {
  FakeHosts hosts;
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back("h" + std::to_string(i));
  Policy policy = with_hosts(names);
  for (const auto& name : names) policy.autosnaps.push_back(autosnap(name, rules({{"a", "ok"}})));
  const auto world = observe(policy, hosts.connect(), {});
  REQUIRE(world);
  CHECK(world->hosts.size() == 200);
}

TEST_CASE("an interruption is an error, not a world with hosts missing") {
  FakeHosts hosts;
  std::stop_source stop;
  hosts.hang("nas: list", stop.get_token());
  hosts.on_call = [&](const std::string& call) {
    if (call == "nas: list a") stop.request_stop();
  };
  Policy policy = with_hosts({"nas"});
  policy.autosnaps = {autosnap("nas", rules({{"a", "ok"}}))};
  const auto world = observe(policy, hosts.connect(), stop.get_token());
  REQUIRE_FALSE(world);
  CHECK(world.error().message == "interrupted while looking at the hosts");
}
