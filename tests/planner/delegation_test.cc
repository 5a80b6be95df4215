// What a policy needs to be allowed, as text: a policy in, a line for each dataset and scope out.
#include "planner/delegation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/support/policy_text.h"

using namespace zr;

namespace {

std::string_view word(Scope scope) {
  return scope == Scope::all ? "" : scope == Scope::itself ? " itself" : " below";
}

std::string text_of(const std::vector<HostDelegations>& all) {
  std::string text;
  for (const HostDelegations& on : all) {
    for (const DatasetName& made : on.placeholders)
      text += fmt::format("{}:{} made\n", on.host.value, made.str());
    for (const Delegation& need : on.delegations) {
      std::vector<std::string> permissions;
      for (const auto& [permission, purposes] : need.permissions) permissions.push_back(permission);
      text += fmt::format("{}:{}{} {}\n", on.host.value, need.dataset ? need.dataset->str() : "<",
                          word(need.scope), fmt::join(permissions, ","));
    }
  }
  return text;
}

// With two hosts, `nas` and `vault`.
std::vector<HostDelegations> needs_of(const std::string& jobs) {
  return delegations_of(
      policy_from_text("site s\nhost nas { transport local }\n"
                       "host vault { transport ssh { address \"v\" } }\n" +
                       jobs));
}

std::string needs(const std::string& jobs) { return "\n" + text_of(needs_of(jobs)); }

std::string push(const std::string& map, const std::string& more = "") {
  return "push p { from nas; to vault; map { " + map + " }; " + more + " }\n";
}

}  // namespace

TEST_CASE("each kind of job needs its own permissions") {
  CHECK(needs(R"(autosnap a { on nas; datasets { tank/a< -> ok }; prefix "x"; every 1h })") == R"(
nas:tank/a snapshot
)");
  CHECK(needs("prune a { on nas; datasets { tank/a -> ok }; snapshots { prefix \"z\" }; keep last "
              "3 }") == R"(
nas:tank/a below destroy,mount
)");
  CHECK(needs(push("tank/a< -> backup")) == R"(
nas:tank/a bookmark,destroy,hold
nas:tank/a below send
vault:backup create,hold,mount,receive,release,userprop
vault:backup below canmount,destroy,mountpoint
)");
  CHECK(needs("protect { on nas; datasets { tank< -> ok } }") == "\n");
}

TEST_CASE("what ZFS looks for on snapshots is given below the dataset") {
  CHECK(needs("autosnap a { on nas; datasets { tank/a< -> ok; tank/a -> omit }; prefix \"x\"; "
              "every 1h }\n" +
              push("tank/a -> backup", "initial fail")) == R"(
nas:tank/a itself bookmark,destroy,hold
nas:tank/a below send,snapshot
vault:backup mount
vault:backup itself create,hold,receive,release
vault:backup below destroy
)");
}

TEST_CASE("a target that is one dataset is not given what is below it, except to drop a stream") {
  CHECK(needs(push("tank/a -> backup/x/a")) == R"(
nas:tank/a itself bookmark,destroy,hold
nas:tank/a below send
vault:backup/x made
vault:backup/x/a made
vault:backup/x/a mount
vault:backup/x/a itself create,hold,receive,release,userprop
vault:backup/x/a below destroy
)");
}

TEST_CASE("options of a replication need more or less") {
  CHECK(needs(push("tank/a -> backup/a", "on_diverged rollback")) == R"(
nas:tank/a itself bookmark,destroy,hold
nas:tank/a below send
vault:backup/a made
vault:backup/a destroy,mount
vault:backup/a itself create,hold,receive,release,rollback,userprop
)");
  CHECK(needs(push("tank/a< -> backup/a", "initial fail")) == R"(
nas:tank/a bookmark,destroy,hold
nas:tank/a below send
vault:backup/a create,hold,mount,receive,release
vault:backup/a below destroy
)");
  CHECK(needs(push("tank/a< -> backup/a",
                   R"(receive { set readonly "on"; set my:own "1"; exclude atime })")) == R"(
nas:tank/a bookmark,destroy,hold
nas:tank/a below send
vault:backup/a made
vault:backup/a atime,create,hold,mount,readonly,receive,release,userprop
vault:backup/a below canmount,destroy,mountpoint
)");
  // Of user properties, and of those that are never inherited, zfs asks nothing.
  CHECK(needs(push("tank/a -> backup/a",
                   "initial fail; receive { exclude exec; exclude quota; exclude my:own }")) == R"(
nas:tank/a itself bookmark,destroy,hold
nas:tank/a below send
vault:backup/a mount
vault:backup/a itself create,exec,hold,receive,release
vault:backup/a below destroy
)");
}

TEST_CASE("what was renamed is renamed within the trees of its targets") {
  const std::string one = needs(push("tank/a< -> backup/a", "initial fail; on_rename follow"));
  CHECK(one == R"(
nas:tank/a bookmark,destroy,hold
nas:tank/a below send
vault:backup/a create,hold,mount,receive,release
vault:backup/a below destroy,rename
)");
  const std::string two =
      needs(push("tank/a< -> backup/a; tank/b -> backup/b", "initial fail; on_rename follow"));
  CHECK(two.find("vault:backup/a below destroy,rename\n") != std::string::npos);
  CHECK(two.find("vault:backup/b itself create,hold,receive,release,rename\n") !=
        std::string::npos);
  CHECK(needs(push("tank/b -> backup/b", "on_rename follow")).find("rename") == std::string::npos);
}

TEST_CASE("the dataset itself may be left out, and what is inherited is not given again") {
  const std::string autosnap = R"(autosnap a { on nas; prefix "x"; every 1h; datasets { )";
  CHECK(needs(autosnap + "tank/a< -> ok; tank/a -> omit; tank/b< -> omit } }") == R"(
nas:tank/a below snapshot
)");
  CHECK(needs(autosnap + "tank< -> ok; tank/a -> ok; tank/b/c< -> ok; tank/b< -> omit } }") == R"(
nas:tank snapshot
)");
  CHECK(needs(autosnap + "tank< -> ok; tank -> omit } }\n" +
              R"(autosnap b { on nas; datasets { tank -> ok }; prefix "y"; every 1h })") == R"(
nas:tank snapshot
)");
  CHECK(needs(autosnap + "< -> ok; tank/a -> ok; other -> omit } }") == R"(
nas:< snapshot
)");
  // What is below every pool is not on it.
  const std::string prune =
      R"(prune p { on nas; datasets { < -> ok }; snapshots { prefix "x" }; keep last 1 })";
  CHECK(needs(prune + "\n" + push("tank -> backup; tank/a -> backup/a", "initial fail")) == R"(
nas:< below destroy,mount
nas:tank itself bookmark,destroy,hold
nas:tank below send
nas:tank/a itself bookmark,hold
vault:backup mount
vault:backup itself create,hold,receive,release
vault:backup below destroy
vault:backup/a itself create,hold,receive,release
)");
}

TEST_CASE("what is inherited is still needed by the jobs that inherit it") {
  const auto all = needs_of(R"(autosnap a { on nas; datasets { tank< -> ok }; prefix "x"; every 1h }
                  autosnap b { on nas; datasets { tank/b< -> ok }; prefix "y"; every 1h })");
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].delegations.size() == 1);
  CHECK(all[0].delegations[0].permissions.at("snapshot").size() == 2);
  CHECK(all[0].commands.at("snapshot").size() == 2);
}

TEST_CASE("targets within a tree that is received are made by the job, those outside by a person") {
  CHECK(needs(push("tank/a< -> backup/a; tank/b -> backup/a/deep/b; tank/c -> backup/c")) == R"(
nas:tank/a bookmark,destroy,hold
nas:tank/a below send
nas:tank/b itself bookmark,destroy,hold
nas:tank/b below send
nas:tank/c itself bookmark,destroy,hold
nas:tank/c below send
vault:backup/a made
vault:backup/c made
vault:backup/a create,hold,mount,receive,release,userprop
vault:backup/a below canmount,destroy,mountpoint
vault:backup/c mount
vault:backup/c itself create,hold,receive,release,userprop
vault:backup/c below destroy
)");
}

TEST_CASE("the commands are those that the jobs run") {
  const auto all = needs_of(
      push("tank/a -> backup/a") +
      "prune v { on vault; datasets { backup< -> ok }; snapshots { prefix \"z\" }; keep last 3 }");
  REQUIRE(all.size() == 2);
  std::vector<std::string> commands[2];
  for (int i : {0, 1})
    for (const auto& [command, jobs] : all[static_cast<std::size_t>(i)].commands)
      commands[i].push_back(command);
  CHECK(commands[0] == std::vector<std::string>{"bookmark", "destroy", "send"});
  CHECK(commands[1] == std::vector<std::string>{"destroy", "hold", "receive", "release"});
}

namespace {

// The permissions of one place, each with what it is needed for.
std::string purposes_of(const Permissions& permissions) {
  std::string text = "\n";
  for (const auto& [permission, purposes] : permissions) {
    text += permission + ":";
    for (const Purpose& purpose : purposes) text += " " + to_string(purpose);
    text += "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("a sink needs what receiving needs, and what is kept out of its streams") {
  CHECK(needs("sink office { on vault; map { tank< -> backup/office } }") == R"(
vault:backup/office made
vault:backup/office create,devices,exec,hold,mount,mountpoint,overlay,receive,release,setuid,sharenfs,sharesmb,snapdev,userprop,volmode,zoned
vault:backup/office below canmount,destroy
)");
  CHECK(needs("sink office { on vault; map { tank/a -> backup/office/a } }") == R"(
vault:backup/office made
vault:backup/office/a made
vault:backup/office/a mount
vault:backup/office/a itself create,devices,exec,hold,mountpoint,overlay,receive,release,setuid,sharenfs,sharesmb,snapdev,userprop,volmode,zoned
vault:backup/office/a below destroy
)");
  CHECK(needs("sink office { on vault; map { < -> backup/all; old< -> omit } }") == R"(
vault:backup/all made
vault:backup/all create,devices,exec,hold,mount,mountpoint,overlay,receive,release,setuid,sharenfs,sharesmb,snapdev,userprop,volmode,zoned
vault:backup/all below canmount,destroy
)");
}

TEST_CASE("a sink's quota is set where a rule leads, and its properties everywhere in it") {
  CHECK(needs("sink office { on vault; map { tank< -> backup/office }; quota 1TiB; properties "
              "compression my:own; max_datasets 9; keep_at_least 2 }") == R"(
vault:backup/office made
vault:backup/office compression,create,devices,exec,hold,mount,mountpoint,overlay,receive,release,setuid,sharenfs,sharesmb,snapdev,userprop,volmode,zoned
vault:backup/office itself quota
vault:backup/office below canmount,destroy
)");
}

TEST_CASE("a pull_acl needs what the source of a pull needs") {
  CHECK(needs("pull_acl lab { on vault; datasets { backup/a< -> ok; backup/a/secret< -> omit; "
              "backup/b -> ok } }") == R"(
vault:backup/a bookmark,destroy,hold
vault:backup/a below send
vault:backup/b itself bookmark,destroy,hold
vault:backup/b below send
)");
  CHECK(needs("pull_acl lab { on vault; datasets { tank -> omit } }") == "\n");
}

TEST_CASE("what is served is needed beside what jobs need, and each is named") {
  const auto all = needs_of(
      "sink office { on vault; map { tank< -> backup/office } }\n"
      "sink other { on vault; map { tank< -> backup/office/other } }\n"
      "pull_acl office { on vault; datasets { backup/office< -> ok } }\n"
      "prune v { on vault; datasets { backup< -> ok }; snapshots { prefix \"z\" }; keep last 3 }");
  REQUIRE(all.size() == 1);
  CHECK(purposes_of(all[0].commands) == R"(
bookmark: pull_acl.office
create: sink.office sink.other
destroy: prune.v pull_acl.office
hold: sink.office sink.other
receive: sink.office sink.other
release: sink.office sink.other
send: pull_acl.office
)");
  REQUIRE_FALSE(all[0].delegations.empty());
  CHECK(all[0].delegations[0].dataset->str() == "backup");
  CHECK(purposes_of(all[0].delegations[0].permissions) == R"(
destroy: prune.v sink.office sink.other pull_acl.office
mount: prune.v sink.office sink.other
)");
}

TEST_CASE("on a host with an agent that has its own site file nothing is needed") {
  const auto all = delegations_of(
      policy_from_text("site s\nhost nas { transport local }\n"
                       "host vault { transport ssh { address \"v\" }; agent on }\n"
                       "push p { from nas; to vault; datasets { tank< -> ok } }\n"
                       "pull q { from vault; to nas; map { fast< -> tank/fast } }\n"
                       "sink office { on vault; map { tank< -> backup/office } }\n"));
  REQUIRE(all.size() == 2);
  CHECK(all[1].host == HostName("vault"));
  CHECK(all[1].delegations.empty());
  CHECK(all[1].placeholders.empty());
  CHECK(all[1].commands.empty());
  CHECK_FALSE(all[0].delegations.empty());
}

TEST_CASE("an agent in this process needs what its pull_acl needs, and no more") {
  const auto all = delegations_of(
      policy_from_text("site s\nhost nas { transport local; agent on }\n"
                       "host vault { transport ssh { address \"v\" } }\n"
                       "push p { from vault; to nas; datasets { fast< -> ok } }\n"
                       "pull q { from nas; to vault; map { tank< -> backup/tank } }\n"
                       "pull_acl vault { on nas; datasets { tank/a -> ok } }\n"));
  CHECK("\n" + text_of({all.at(0)}) == R"(
nas:tank/a itself bookmark,destroy,hold
nas:tank/a below send
)");
}
