#include "executor/daemon/daemon.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/eventfd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/executor/temporary_folder.h"
#include "tests/support/policy_text.h"

namespace zr {
namespace {

using namespace std::chrono_literals;

Policy site(const std::string& jobs) {
  return policy_from_text("site office\nhost nas { transport local }\n" + jobs);
}
std::string autosnap(const std::string& name, const std::string& pool, const std::string& when) {
  return fmt::format("autosnap {} {{ on nas; datasets {{ {}< -> ok }}; prefix \"z_\"; {} }}\n",
                     name, pool, when);
}

// A daemon on a thread of its own, whose runs last until they are let go.
class RunningDaemon {
 public:
  explicit RunningDaemon(const std::string& jobs)
      : fresh_(site(jobs)), thread_([this, policy = site(jobs)] { serve(policy); }) {}
  ~RunningDaemon() { stop(); }

  void stop() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
  }
  // Waits until so many runs are going on.
  void until_running(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, 20s, [&] { return running_.size() == count; }));
  }
  std::string running() {
    const std::lock_guard lock(mutex_);
    std::string all;
    for (const auto& who : running_) all += (all.empty() ? "" : " ") + who;
    return all;
  }
  void let_go(const std::string& who, ExitStatus status = ExitStatus::done) {
    const std::lock_guard lock(mutex_);
    let_go_[who] = status;
    changed_.notify_all();
  }
  Result<ControlReply> ask(ControlRequest::Call call, const std::string& job, bool wait = false) {
    const ControlRequest request{call, JobId::parse(job).value(), wait};
    for (int i = 0; i < 200; ++i) {  // it may only begin to listen
      auto reply = ask_daemon(folder / "office.socket", request, {});
      if (reply) return reply;
      std::this_thread::sleep_for(10ms);
    }
    return ask_daemon(folder / "office.socket", request, {});
  }
  void reload(std::variant<Policy, std::string> policy) {
    {
      const std::lock_guard lock(mutex_);
      fresh_ = std::move(policy);
    }
    ::eventfd_write(reload_.get(), 1);
  }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  const TemporaryFolder folder;

 private:
  ExitStatus work(const std::string& who, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    running_.insert(who);
    changed_.notify_all();
    ExitStatus status = ExitStatus::failed;
    while (!stop.stop_requested()) {
      const auto found = let_go_.find(who);
      if (found != let_go_.end()) {
        status = found->second;
        let_go_.erase(found);
        break;
      }
      changed_.wait_for(lock, 5ms);
    }
    running_.erase(running_.find(who));
    changed_.notify_all();
    return status;
  }

  void serve(const Policy& policy) {
    DaemonLog log(
        [this](std::string_view text) {
          const std::lock_guard lock(mutex_);
          log_ += text;
        },
        false, wall_clock_now);
    auto control = ControlSocket::listen(folder / "office.socket");
    run_daemon(policy,
               {[this](const Policy&, const RunOrder& order, Progress&,
                       const std::stop_token& stop) { return work(order.name.str(), stop); },
                [this] {
                  const std::lock_guard lock(mutex_);
                  return fresh_;
                },
                wall_clock_now, log, reload_.get(), stop_.get_token(), folder / "office.daemon",
                *std::move(control)});
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::variant<Policy, std::string> fresh_;
  std::multiset<std::string> running_;
  std::map<std::string, ExitStatus> let_go_;
  std::string log_;
  std::stop_source stop_;
  const Descriptor reload_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::thread thread_;
};

using Call = ControlRequest::Call;

TEST_CASE("independent jobs run beside each other, and a stop ends them all") {
  RunningDaemon daemon(autosnap("a", "tank", "every 1d") + autosnap("b", "tank/x", "every 1d") +
                       autosnap("c", "fast", "every 1d"));
  daemon.until_running(2);
  CHECK(daemon.running() == "autosnap.a autosnap.c");
  daemon.let_go("autosnap.c");
  daemon.until_running(1);
  daemon.let_go("autosnap.a");
  daemon.until_running(1);
  for (int i = 0; i < 2000 && daemon.running() != "autosnap.b"; ++i)
    std::this_thread::sleep_for(5ms);
  CHECK(daemon.running() == "autosnap.b");
  daemon.stop();
  CHECK(daemon.running().empty());
}

TEST_CASE("who waits for a run is told how it ended") {
  RunningDaemon daemon(autosnap("a", "tank", "every 1d"));
  daemon.until_running(1);
  std::thread first_ends([&] {
    std::this_thread::sleep_for(50ms);
    daemon.let_go("autosnap.a");
    std::this_thread::sleep_for(50ms);
    daemon.until_running(1);
    daemon.let_go("autosnap.a", ExitStatus::conflicts);
  });
  const auto reply = daemon.ask(Call::wake, "autosnap.a", true);
  first_ends.join();
  REQUIRE(reply);
  CHECK(reply->status == 4);
  const auto none = daemon.ask(Call::wake, "autosnap.gone");
  REQUIRE(none);
  CHECK(none->error.find("autosnap.gone") != std::string::npos);
}

TEST_CASE("a policy that is wrong changes nothing, and a right one takes over") {
  RunningDaemon daemon(autosnap("a", "tank", "every 1d"));
  daemon.until_running(1);
  daemon.let_go("autosnap.a");
  daemon.until_running(0);
  daemon.reload(std::string("error: it is wrong"));
  for (int i = 0; i < 2000 && daemon.log().find("it is wrong") == std::string::npos; ++i)
    std::this_thread::sleep_for(5ms);
  CHECK(daemon.log().find("stays as it was") != std::string::npos);
  daemon.reload(site(autosnap("b", "fast", "every 1d")));
  daemon.until_running(1);
  CHECK(daemon.running() == "autosnap.b");
}

TEST_CASE("what becomes due while the daemon is busy is not passed over") {
  const TemporaryFolder folder;
  // A second goes by each time that anybody looks. It is behind the timer's, which strikes at once.
  std::atomic<std::int64_t> second{1'000'000'000};
  std::atomic<int> runs{0};
  std::stop_source stop;
  DaemonLog log([](std::string_view) {}, false, wall_clock_now);
  std::jthread impatient([&](const std::stop_token& done) {
    for (int i = 0; i < 2000 && !done.stop_requested(); ++i) std::this_thread::sleep_for(10ms);
    stop.request_stop();
  });
  run_daemon(site(autosnap("a", "tank", "every 10s")),
             {[&](const Policy&, const RunOrder&, Progress&, const std::stop_token&) {
                if (++runs == 50) stop.request_stop();
                return ExitStatus::done;
              },
              [] { return std::string(); },
              [&] { return Millis(std::chrono::seconds(++second)); },
              log,
              -1,
              stop.get_token(),
              folder / "office.daemon",
              {}});
  CHECK(runs == 50);
}

TEST_CASE("a clock that strikes while nothing else happens wakes the daemon") {
  RunningDaemon daemon(autosnap("a", "tank", "every 1s"));
  for (int i = 0; i < 3; ++i) {
    daemon.until_running(1);
    daemon.let_go("autosnap.a");
    daemon.until_running(0);
  }
}

}  // namespace
}  // namespace zr
