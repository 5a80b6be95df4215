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
      for (const auto& [permission, jobs] : need.permissions) permissions.push_back(permission);
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
