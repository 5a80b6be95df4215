#include "executor/machine/local_host.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tests/executor/scripts.h"

namespace zr {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

Output run(const Argv& argv) {
  LocalHost host;
  auto output = run_command(host, argv, {steady_clock::now() + 20s, {}});
  if (!output) FAIL(output.error().message);
  return std::move(*output);
}

bool no_children_left() { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

}  // namespace

TEST_CASE("arguments reach a program as they are, without a shell") {
  const Argv argv{"printf", "%s|", "a b", "$HOME", "'", "\"", "`id`", "", "*", "\n", "\xff"};
  const Output output = run(argv);
  CHECK(output.status == 0);
  CHECK(output.out == "a b|$HOME|'|\"|`id`||*|\n|\xff|");
}

TEST_CASE("how a program ended is told") {
  CHECK(run({"sh", "-c", "exit 7"}).status == 7);
  CHECK(run({"sh", "-c", "kill -9 $$"}).status == 128 + 9);
  CHECK(run({"sh", "-c", "echo out; echo err >&2"}).err == "err\n");
}

TEST_CASE(
    "a program runs in the C locale, with default signals, its own group and no descriptors") {
  CHECK(run({"sh", "-c", "echo $LC_ALL"}).out == "C\n");
  CHECK(run({"sh", "-c", "ls /proc/self/fd | wc -l"}).out == "4\n");  // ls itself has one more
  CHECK(run({"cat"}).out.empty());                                    // nothing to read
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &term, &before);
  CHECK(run({"sh", "-c", "kill -TERM $$; echo survived"}).status == 128 + SIGTERM);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  CHECK(run({"sh", "-c", "[ $(ps -o pgid= -p $$) = $$ ] && echo own"}).out == "own\n");
}

TEST_CASE("a program that can't be run is an error that names it") {
  LocalHost host;
  const auto absent = host.spawn({"no-such-zfs", "list"});
  REQUIRE_FALSE(absent.has_value());
  CHECK(absent.error().remedy == Remedy::give_up);
  CHECK(absent.error().message ==
        "can't run 'no-such-zfs': no such program in PATH, /usr/local/sbin, /usr/sbin or /sbin");
  CHECK(host.spawn({"/no/such/zfs"}).error().message ==
        "can't run '/no/such/zfs': No such file or directory");
  CHECK(host.spawn({"/etc"}).error().message == "can't run '/etc': Permission denied");
  CHECK_FALSE(host.spawn({}).has_value());
  CHECK_FALSE(host.spawn({""}).has_value());
  CHECK_FALSE(host.spawn({"echo", std::string("a\0b", 3)}).has_value());
  CHECK_FALSE(host.spawn({"echo", std::string(10'000'000, 'x')}).has_value());
  CHECK(no_children_left());
}

TEST_CASE("output of any size is handed on, and what goes to stderr is bounded") {
  LocalHost host;
  std::size_t bytes = 0;
  const auto output =
      run_command(host, {"sh", "-c", "head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2"},
                  {steady_clock::now() + 20s, {}}, [&](std::string_view text) -> Result<void> {
                    bytes += text.size();
                    return {};
                  });
  REQUIRE(output.has_value());
  CHECK(bytes == 5'000'000);
  CHECK(output->err.size() == 65536);
  const auto endless = run_command(host, {"cat", "/dev/zero"}, {steady_clock::now() + 20s, {}});
  REQUIRE_FALSE(endless.has_value());
  CHECK(endless.error().message == "'cat' prints too much");
  CHECK(no_children_left());
}

TEST_CASE("an error while reading ends the program") {
  LocalHost host;
  const auto output = run_command(host, {"yes"}, {steady_clock::now() + 20s, {}},
                                  [](std::string_view) -> Result<void> {
                                    return Error{Remedy::give_up, "nonsense"};
                                  });
  CHECK(output.error().message == "nonsense");
  CHECK(no_children_left());
}

TEST_CASE("a program that hangs is ended at the deadline, also one that ignores SIGTERM") {
  LocalHost host;
  for (const char* script :
       {"sleep 100", "trap '' TERM; sleep 100 & wait; sleep 100", "exec >&- 2>&-; sleep 100"}) {
    CAPTURE(script);
    const auto begun = steady_clock::now();
    const auto output = run_command(host, {"sh", "-c", script}, {steady_clock::now() + 100ms, {}});
    REQUIRE_FALSE(output.has_value());
    CHECK(output.error().remedy == Remedy::retry);
    CHECK(output.error().message.find("did not end in time") != std::string::npos);
    CHECK(steady_clock::now() - begun < 6s);
    CHECK(no_children_left());
  }
}

TEST_CASE("a stop ends a program at once") {
  LocalHost host;
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const auto begun = steady_clock::now();
  const auto output = run_command(host, {"sleep", "100"}, {.stop = stop.get_token()});
  CHECK(output.error().message == "'sleep' was interrupted");
  CHECK(output.error().remedy == Remedy::retry);
  CHECK(steady_clock::now() - begun < 2s);
  CHECK(no_children_left());
}

TEST_CASE("what a program has started is ended with it") {
  const TemporaryFolder folder;
  LocalHost host;
  const std::string script = write_script(folder, "parent", "sleep 100 & echo $! > child; wait\n");
  (void)run_command(host, {script}, {steady_clock::now() + 300ms, {}});
  const pid_t child = static_cast<pid_t>(std::stol(content_of(folder / "child")));
  const auto is_alive = [&] {  // one that init has yet to reap is not
    const std::string stat = content_of("/proc/" + std::to_string(child) + "/stat");
    return !stat.empty() && stat.find(") Z ") == std::string::npos;
  };
  for (int i = 0; i < 200 && is_alive(); ++i) std::this_thread::sleep_for(10ms);
  CHECK_FALSE(is_alive());
}

TEST_CASE("neither descriptors nor processes are left behind") {
  LocalHost host;
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    run({"true"});
    auto abandoned = host.spawn({"cat"});
    auto waited = host.spawn({"true"});
    CHECK((*waited)->wait(steady_clock::now() + 10s, {}).value() == 0);
    CHECK((*waited)->wait(steady_clock::now() + 10s, {}).value() == 0);  // and again
    (void)host.spawn({"no-such-program"});
  }
  CHECK(open_descriptors() == before);
  CHECK(no_children_left());
}

TEST_CASE("programs can be started from several threads at once") {
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&right, t] {
      LocalHost host;
      for (int i = 0; i < 10; ++i) {
        const std::string text = std::to_string(t * 100 + i);
        const auto output = run_command(host, {"echo", text}, {steady_clock::now() + 20s, {}});
        if (output && output->out == text + "\n") ++right;
      }
    });
  }
  threads.clear();
  CHECK(right == 40);
}

TEST_CASE("there is room for long argument lists") {
  LocalHost host;
  const std::size_t room = host.max_argv_bytes();
  REQUIRE(room > 100'000);
  Argv argv{"true"};
  for (std::size_t bytes = 13; bytes + 1009 < room; bytes += 1009) {
    argv.push_back(std::string(1000, 'x'));
  }
  CHECK(run(argv).status == 0);
}

}  // namespace zr
