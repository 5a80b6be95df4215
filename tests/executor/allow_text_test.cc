// A policy in, what an administrator is to paste out.
#include "executor/allow/allow_text.h"

#include <doctest/doctest.h>

#include "executor/allow/elevation.h"
#include "tests/support/policy_text.h"

namespace zr {
namespace {

// What `zrepl allow` prints for the first host with a job.
std::string printed(const std::string& host, const std::string& jobs,
                    const std::optional<std::string>& named = {},
                    const std::string& current = "root") {
  const Policy policy = policy_from_text("site office\nhost h { " + host + " }\n" + jobs);
  const HostDelegations needs = delegations_of(policy).at(0);
  return allow_text(policy, needs, grantee_on(*policy.find_host(needs.host), named, current));
}

std::string heading(const std::string& host, const std::optional<std::string>& named = {},
                    const std::string& current = "root") {
  const Policy policy = policy_from_text("host h { " + host + " }\n");
  const Grantee grantee = grantee_on(policy.hosts.at(0), named, current);
  return grantee.heading + (grantee.means == Means::none ? "" : ", for " + grantee.user);
}

const std::string snapshots =
    "autosnap a { on h; datasets { tank/a< -> ok; \"tank/b c\" -> ok }; prefix \"x\"; every 1h }\n";

TEST_CASE("lines for a shell, with the jobs that need them") {
  CHECK(printed("transport local", snapshots + "prune p { on h; datasets { tank/a< -> ok }; "
                                               "snapshots { prefix \"x\" }; keep last 2 }") ==
        R"(# host h: local
#   snapshot: autosnap.a
zfs allow -u zrepl snapshot tank/a
#   destroy, mount: prune.p
zfs allow -d -u zrepl destroy,mount tank/a
#   snapshot: autosnap.a
zfs allow -l -u zrepl snapshot 'tank/b c'
)");
}

TEST_CASE("a line for every pool that there is") {
  CHECK(printed("transport local; zfs [\"/opt/my zfs\"]",
                "autosnap a { on h; datasets { < -> ok }; prefix \"x\"; every 1h }") ==
        R"(# host h: local
#   snapshot: autosnap.a
'/opt/my zfs' list -H -o name -d 0 | while read -r pool; do '/opt/my zfs' allow -u zrepl snapshot "$pool"; done
)");
}

TEST_CASE("targets are made first") {
  const std::string text =
      printed("transport local", "push p { from h; to h; map { tank/a -> backup/x/a } }");
  CHECK(text.find("zfs create -p -o 'zrepl:placeholder=on' -o 'mountpoint=none' -o "
                  "'canmount=off' backup/x\nzfs create -p -o 'zrepl:placeholder=on' -o "
                  "'mountpoint=none' -o 'canmount=off' backup/x/a\n") != std::string::npos);
}

TEST_CASE("what serves clients is named beside the jobs") {
  CHECK(printed("transport local",
                "sink office { on h; map { tank/a -> backup/a }; quota 1TiB }\n"
                "pull_acl lab { on h; datasets { tank/a< -> ok } }\n"
                "autosnap a { on h; datasets { tank/a -> ok }; prefix \"x\"; every 1h }") ==
        R"(# host h: local
# Targets that are not there yet have to be made first, since permissions are given on what
# there is. The raw copy of an encrypted dataset can't be received over one of these: for
# such a target leave out its line here, and until the first copy is there give its parent,
# with -d, all that it is allowed below, and with -l create,mount,receive.
zfs create -p -o 'zrepl:placeholder=on' -o 'mountpoint=none' -o 'canmount=off' backup/a
#   mount: sink.office
zfs allow -u zrepl mount backup/a
#   create, devices, exec, hold, mountpoint, overlay, quota, receive, release, setuid, sharenfs, sharesmb, snapdev, userprop, volmode, zoned: sink.office
zfs allow -l -u zrepl create,devices,exec,hold,mountpoint,overlay,quota,receive,release,setuid,sharenfs,sharesmb,snapdev,userprop,volmode,zoned backup/a
#   destroy: sink.office
zfs allow -d -u zrepl destroy backup/a
#   bookmark, destroy, hold: pull_acl.lab
zfs allow -u zrepl bookmark,destroy,hold tank/a
#   snapshot: autosnap.a
zfs allow -l -u zrepl snapshot tank/a
#   send: pull_acl.lab
zfs allow -d -u zrepl send tank/a
)");
}

TEST_CASE("for whom, and where there is nothing to allow") {
  CHECK(heading("transport local") == "# host h: local, for zrepl");
  CHECK(heading("transport local", {}, "ann") == "# host h: local, for ann");
  CHECK(heading("transport local", "backup", "ann") == "# host h: local, for backup");
  CHECK(heading("transport ssh { address \"v\" }", {}, "ann") == "# host h: ssh v, for ann");
  CHECK(heading("transport ssh { address \"v\" }") == "# host h: ssh v, for zrepl");
  CHECK(heading("transport ssh { address \"v\"; user \"u\" }") == "# host h: ssh u@v, for u");
  CHECK(heading("transport ssh { address \"v\"; user \"u\" }", "backup") ==
        "# host h: ssh u@v, for backup");
  CHECK(heading("transport ssh { address \"v\"; user \"root\" }") ==
        "# host h: ssh root@v; root needs no permission (--user NAME is for another)");
  CHECK(heading("transport ssh { address \"v\"; user \"a,b\" }") ==
        "# host h: ssh a,b@v; the user's name is too odd for this (--user NAME is for another)");
  CHECK(heading("transport sim \"world.json\"") ==
        "# host h: simulated; there is nothing to allow");
  CHECK(heading("transport ssh { address \"v\"; user \"u\" }; agent on") ==
        "# host h: ssh u@v; its agent goes by the site file there: `zrepl allow` on that says what "
        "is needed");
}

TEST_CASE("names of users") {
  for (const char* name : {"zrepl", "a.b-c_9", "Ann"}) CHECK(is_user_name(name));
  for (const char* name : {"", "-u", ".a", "a b", "a,b", "a\nb", "a%b", "#0", "é"})
    CHECK_FALSE(is_user_name(name));
}

TEST_CASE("sudo is told the commands with their options, and no others") {
  CHECK(printed("transport local; zfs [\"sudo\", \"-n\", \"zfs\"]", snapshots) ==
        R"(# host h: local
# zfs is run as root by sudo: lines for a file in /etc/sudoers.d (visudo -f). A `*` is any
# text, blanks included, so each command is allowed on every dataset of the host.
#   snapshot: autosnap.a
zrepl ALL=(root) NOPASSWD: /usr/sbin/zfs get -Hp *
zrepl ALL=(root) NOPASSWD: /usr/sbin/zfs list -Hp *
zrepl ALL=(root) NOPASSWD: /usr/sbin/zfs holds -H *
zrepl ALL=(root) NOPASSWD: /usr/sbin/zfs snapshot [A-Za-z]*@*
)");
  const std::string target =
      printed("transport local; zfs [\"/usr/bin/sudo\", \"/opt/zfs\"]",
              "push p { from h; to h; map { tank/a< -> backup/a } ; on_diverged rollback }", "ann");
  for (const std::string line :
       {R"(bookmark [A-Za-z]*\#zrepl\:office\:*)", R"(hold zrepl\:office\:* [A-Za-z]*@*)",
        "receive -A [A-Za-z]*", "rollback -r [A-Za-z]*@*",
        R"(create -o zrepl\:placeholder\=on -o mountpoint\=none -o canmount\=off *)"}) {
    CAPTURE(line);
    CHECK(target.find("\nann ALL=(root) NOPASSWD: /opt/zfs " + line + "\n") != std::string::npos);
  }
}

TEST_CASE("marks that sudo lets a client make are of any site") {
  const std::string text = printed("transport local; zfs [\"sudo\", \"zfs\"]",
                                   "sink office { on h; map { tank/a< -> backup/a } }\n"
                                   "push p { from h; to h; map { fast -> backup/b } }",
                                   "ann");
  for (const std::string line : {R"(hold zrepl\:* [A-Za-z]*@*)", R"(release zrepl\:* [A-Za-z]*@*)",
                                 R"(bookmark [A-Za-z]*\#zrepl\:office\:*)"}) {
    CAPTURE(line);
    CHECK(text.find("\nann ALL=(root) NOPASSWD: /usr/sbin/zfs " + line + "\n") !=
          std::string::npos);
  }
  CHECK(text.find(R"(hold zrepl\:office)") == std::string::npos);
}

TEST_CASE("doas can't be told more than the program") {
  const std::string text = printed("transport local; zfs [\"doas\", \"zfs\"]", snapshots);
  CHECK(text.ends_with("\npermit nopass zrepl as root cmd zfs\n"));
}

TEST_CASE("what sudo is asked is what it would be told to run") {
  const auto elevation = elevation_of({"sudo", "-n", "zfs"});
  REQUIRE(elevation);
  const auto questions =
      sudo_questions(*elevation, "u", SiteName{"s"}, {{"hold", {JobId{JobKind::push, "p"}}}});
  REQUIRE(questions.size() == 4);
  CHECK(questions[3].line ==
        R"(u ALL=(root) NOPASSWD: /usr/sbin/zfs hold zrepl\:s\:* [A-Za-z]*@*)");
  CHECK(questions[3].ask == Argv{"sudo", "-n", "-l", "zfs", "hold", "zrepl:s:a", "tank@a"});
  const auto of_clients = sudo_questions(
      *elevation, "u", SiteName{"s"}, {{"hold", {ClientGrant{ClientGrant::Kind::sink, "office"}}}});
  REQUIRE(of_clients.size() == 4);
  CHECK(of_clients[3].line == R"(u ALL=(root) NOPASSWD: /usr/sbin/zfs hold zrepl\:* [A-Za-z]*@*)");
  CHECK(of_clients[3].ask == Argv{"sudo", "-n", "-l", "zfs", "hold", "zrepl:a", "tank@a"});
  CHECK_FALSE(elevation_of({"zfs"}));
  CHECK_FALSE(elevation_of({"sudo"}));
  CHECK_FALSE(elevation_of({"/opt/wrapper", "zfs"}));
}

}  // namespace
}  // namespace zr
