#include "executor/serve/isolation_needs.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include "tests/executor/scripts.h"

namespace zr {
namespace {

Host host(decltype(Host::transport) transport, std::vector<std::string> zfs = {"zfs"}) {
  Host made;
  made.name = HostName("vault");
  made.transport = std::move(transport);
  made.zfs_argv = std::move(zfs);
  return made;
}

std::string text(const Host& of, const WrapperFiles& files = {}) {
  const auto needs = isolation_needs(of, "/etc/zrepl", files);
  if (!needs) return needs.error().message;
  return fmt::format("{}{}reads [{}], writes in [{}]", needs->runs_programs ? "runs, " : "",
                     needs->elevates ? "elevates, " : "", fmt::join(needs->readable_files, " "),
                     fmt::join(needs->writable_folders, " "));
}

}  // namespace

TEST_CASE("zfs itself needs nothing beside what all programs do") {
  CHECK(text(host(LocalTransport{})) == "runs, reads [], writes in []");
}

TEST_CASE("a wrapper is read, and what it was given") {
  const TemporaryFolder folder;
  const std::string script = write_script(folder, "zfs", "exit 0");
  CHECK(text(host(LocalTransport{}, {script, "-x"}), {{"/opt/a"}, {"/var/b"}}) ==
        "runs, reads [" + script + " /opt/a], writes in [/var/b]");
}

TEST_CASE("what anybody runs as root gains privileges") {
  const TemporaryFolder folder;
  const std::string script = write_script(folder, "doas", "exit 0");
  REQUIRE(::chmod(script.c_str(), 04755) == 0);
  CHECK(text(host(LocalTransport{}, {script, "zfs"})) ==
        "runs, elevates, reads [" + script + "], writes in []");
}

TEST_CASE("simulated pools are a file, which is replaced as a whole, and no program") {
  CHECK(text(host(SimTransport{"world.json"})) == "reads [], writes in [/etc/zrepl]");
  CHECK(text(host(SimTransport{"../sim/world.json"})) == "reads [], writes in [/etc/sim]");
}

TEST_CASE("what this does not run on is not served from here") {
  const std::string no = "`vault` is not what this runs on, as the site file says";
  CHECK(text(host(SshTransport{})) == no);
  CHECK(text(host(CommandTransport{{"ssh", "vault"}})) == no);
  Host agent = host(LocalTransport{});
  agent.agent = true;
  CHECK(text(agent) == no);
}

}  // namespace zr
