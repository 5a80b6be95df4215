#include "executor/run/lock.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "executor/run/journal_json.h"
#include "tests/executor/temporary_folder.h"

using namespace zr;

namespace {

const SiteName office{"office"};

LockOwner someone(std::int64_t pid = 4711) {
  return {"nas", pid, Millis(std::chrono::seconds(1795329000)), "zrepl apply site.zr"};
}

Result<std::variant<SiteLock, LockHeld>> lock_in(const std::filesystem::path& folder,
                                                 const LockOwner& self = someone()) {
  return lock_site(folder, office, self);
}

bool is_ours(const Result<std::variant<SiteLock, LockHeld>>& lock) {
  return lock && std::holds_alternative<SiteLock>(*lock);
}

}  // namespace

TEST_CASE("a site is locked once, and the second is told by whom and since when") {
  const TemporaryFolder folder;
  {
    const auto first = lock_in(folder.path());
    REQUIRE(is_ours(first));
    CHECK(content_of(folder / "office.lock") ==
          "{\"host\":\"nas\",\"pid\":4711,\"since\":\"2026-11-22T06:30:00Z\",\"command\":\"zrepl "
          "apply site.zr\"}\n");

    const auto second = lock_in(folder.path(), someone(4712));
    REQUIRE(second);
    const auto& held = std::get<LockHeld>(*second);
    CHECK(held.owner == someone());
    CHECK(held.message ==
          "site office is locked by another run: nas, pid 4711, since 2026-11-22T06:30:00Z (zrepl "
          "apply site.zr); wait for it to end (the lock is " +
              (folder / "office.lock").string() + ")");

    CHECK(is_ours(lock_site(folder.path(), SiteName("other"), someone())));
  }
  CHECK(content_of(folder / "office.lock") == "");
  CHECK(is_ours(lock_in(folder.path())));
}

TEST_CASE("the lock of a process that died is taken over") {
  const TemporaryFolder folder;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = lock_in(folder.path(), someone(1));
    const char said = is_ours(lock) ? 'y' : 'n';
    if (::write(ready[1], &said, 1) == 1) ::pause();
    ::_exit(0);
  }
  char said = 0;
  REQUIRE(::read(ready[0], &said, 1) == 1);
  CHECK(said == 'y');
  CHECK_FALSE(is_ours(lock_in(folder.path())));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(content_of(folder / "office.lock").find("\"pid\":1,") != std::string::npos);
  CHECK(is_ours(lock_in(folder.path())));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("however many try at once, one at a time has the lock") {
  const TemporaryFolder folder;
  std::atomic<int> holders = 0;
  std::atomic<int> times = 0;
  std::atomic<bool> shared = false;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const auto lock = lock_in(folder.path());
          if (!is_ours(lock)) continue;
          if (++holders > 1) shared = true;
          ++times;
          --holders;
        }
      });
    }
  }
  CHECK(times > 0);
  CHECK_FALSE(shared);
}

TEST_CASE("a lock file that says nothing sensible still keeps others out") {
  const TemporaryFolder folder;
  const auto first = lock_in(folder.path());
  REQUIRE(is_ours(first));
  write_content(folder / "office.lock", "\x1b[2J{\"host\":[[[[");
  const auto second = lock_in(folder.path());
  REQUIRE(second);
  const auto& held = std::get<LockHeld>(*second);
  CHECK_FALSE(held.owner);
  CHECK(held.message.find("one that has not said who it is") != std::string::npos);
}

TEST_CASE("an owner is read back as it was written, and nothing else is taken for one") {
  CHECK(parse_owner(owner_line(someone())) == someone());
  LockOwner odd{"h\x1b[31m", -1, Millis(std::chrono::milliseconds(1)), "zrepl \"apply\"\n"};
  CHECK(parse_owner(owner_line(odd)) == odd);
  CHECK(odd.str().find('\x1b') == std::string::npos);
  for (const char* text : {"", "{}", "[]", "null", "{\"host\":1,\"pid\":2,\"since\":3}",
                           "{\"host\":\"nas\",\"pid\":\"2\",\"since\":\"2026-11-22T06:30:00Z\"}",
                           "{\"host\":\"nas\",\"pid\":1e99,\"since\":\"2026-11-22T06:30:00Z\"}",
                           "{\"host\":\"nas\",\"pid\":2,\"since\":\"yesterday\"}",
                           "{\"host\":\"nas\",\"pid\":2,\"since\":\"2026-11-22T06:30:0"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_owner(text));
  }
}

TEST_CASE("the state folder is made for its owner alone") {
  const TemporaryFolder folder;
  const auto deep = folder / "a/b/zrepl";
  CHECK(is_ours(lock_in(deep)));
  struct stat status {};
  REQUIRE(::stat(deep.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  REQUIRE(::stat((deep / "office.lock").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("where no lock can be taken, the error names the place and the way out") {
  const TemporaryFolder folder;
  SUBCASE("a file where the folder should be") {
    write_content(folder / "file", "");
    const auto lock = lock_in(folder / "file/state");
    REQUIRE_FALSE(lock);
    CHECK(lock.error().message.find((folder / "file").string()) != std::string::npos);
    CHECK(lock.error().message.find("state \"dir\"") != std::string::npos);
  }
  SUBCASE("something else where the lock should be") {
    std::filesystem::create_directory(folder / "office.lock");
    const auto lock = lock_in(folder.path());
    REQUIRE_FALSE(lock);
    CHECK(lock.error().message.find("cannot open the lock " + (folder / "office.lock").string()) ==
          0);
  }
  SUBCASE("a link that leads somewhere else is not followed") {
    std::filesystem::create_symlink(folder / "precious", folder / "office.lock");
    CHECK_FALSE(lock_in(folder.path()));
    CHECK_FALSE(std::filesystem::exists(folder / "precious"));
  }
  SUBCASE("a name that would leave the folder") {
    CHECK_FALSE(lock_site(folder.path(), SiteName("../office"), someone()));
  }
}

TEST_CASE("state lives where the local host says, else where its kind of user keeps such things") {
  Policy policy;
  const StateSurroundings root{true, "/x/state", "/root"};
  const StateSurroundings user{false, "/x/state", "/home/u"};
  const auto dir = [&](const StateSurroundings& s) {
    const auto found = state_dir(policy, s);
    return found ? found->string() : found.error().message;
  };
  CHECK(dir(root) == "/var/lib/zrepl");
  CHECK(dir(user) == "/x/state/zrepl");
  CHECK(dir({false, {}, "/home/u"}) == "/home/u/.local/state/zrepl");
  CHECK(dir({false, "relative", "/home/u"}) == "/home/u/.local/state/zrepl");
  CHECK(dir({false, {}, {}}).find("state \"dir\"") != std::string::npos);

  Host sim;
  sim.transport = SimTransport{"x.json"};
  sim.state_dir = "/sim";
  Host local;
  local.state_dir = "/srv/zrepl";
  policy.hosts = {sim};
  CHECK(dir(root) == "/var/lib/zrepl");
  policy.hosts = {sim, local};
  CHECK(dir(root) == "/srv/zrepl");
}
