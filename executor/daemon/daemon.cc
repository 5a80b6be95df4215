#include "executor/daemon/daemon.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "executor/daemon/clock_watch.h"
#include "executor/daemon/live_run.h"
#include "executor/daemon/memory_file.h"
#include "executor/daemon/systemd.h"
#include "planner/render.h"

namespace zr {
namespace {

using std::chrono::floor;
using std::chrono::seconds;
using Level = DaemonLog::Level;

// Empties an eventfd or a timerfd.
void drain(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(fd, &count, sizeof count);
}

class Daemon {
 public:
  Daemon(Policy policy, DaemonParts parts)
      : parts_(std::move(parts)),
        dispatcher_(std::move(policy), remembered()),
        written_(dispatcher_.memory()),
        clock_(last_run(), now(), uptime()),
        stopped_(parts_.stop),
        ended_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        // Of the wall clock, so that it ends with a sleep of the machine and when the clock is set.
        timer_(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {}

  ~Daemon() {
    for (auto& [run, thread] : threads_) thread.join();
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void run() {
    tell_timetable();
    systemd_.ready("waiting");
    bool is_stopping = false;
    for (;;) {
      reap();
      if (parts_.stop.stop_requested() && !std::exchange(is_stopping, true)) {
        systemd_.stopping();
        parts_.log.say(Level::info, "", "stopping: what runs is ended so that it can be resumed");
      }
      if (is_stopping && dispatcher_.is_idle()) break;
      const Seconds moment = now();
      if (!is_stopping) start_due(moment);
      remember();
      wait(moment, is_stopping);
    }
    for (const auto& [ticket, clients] : waiting_)
      for (const auto client : clients) answer(client, "the daemon is stopping");
  }

 private:
  DaemonMemory remembered() {
    auto memory = read_memory(parts_.memory);
    if (memory) return *std::move(memory);
    parts_.log.say(Level::warning, "",
                   memory.error().message + "; every job runs now, as if it never had");
    return {};
  }

  std::optional<Seconds> last_run() const {
    std::optional<Seconds> last;
    for (const auto& [job, time] : dispatcher_.memory().last)
      if (!last || time > *last) last = time;
    return last;
  }

  void look_at_clock() {
    const std::string before = clock_.doubt();
    clock_.look(now(), uptime());
    if (clock_.doubt() == before) return;
    parts_.log.say(Level::warning, "",
                   clock_.doubt().empty() ? "the clock is believed again" : clock_.doubt());
  }

  Seconds now() const { return floor<seconds>(parts_.clock()); }

  void tell_timetable() {
    for (const Turn& turn : dispatcher_.turns()) {
      std::string others;
      for (const JobId& job : turn.jobs)
        if (job != turn.leader) others += (others.empty() ? ", then " : ", ") + job.str();
      parts_.log.say(Level::info, turn.leader.str(),
                     fmt::format("every {}{}{}", format_duration(turn.slots.every),
                                 turn.is_assumed ? " (it does not say how often)" : "", others));
    }
  }

  void start_due(Seconds moment) {
    look_at_clock();
    for (const Dispatcher::Start& start : dispatcher_.begin(moment)) {
      Policy policy = dispatcher_.policy();
      policy.only = start.jobs;
      policy.tidies_with_only = start.tidies;
      policy.doubts_clock = true;
      policy.prunes_refused = clock_.doubt();
      parts_.log.say(Level::debug, start.name.str(), "begins");
      auto live = std::make_shared<LiveRun>(start.name, start.jobs, moment);
      live_[start.run] = live;
      RunOrder order{start.name, parts_.clock(), start.allow_budget};
      const auto work = [this, run = start.run, order = std::move(order), live = std::move(live),
                         policy = std::move(policy)] { carry_out(run, policy, order, *live); };
      try {
        threads_.emplace(start.run, std::thread(work));
      } catch (const std::system_error& error) {
        parts_.log.say(Level::error, start.name.str(),
                       std::string("can't begin, there are no threads left: ") + error.what());
        ended(start.run, ExitStatus::failed);
      }
    }
  }

  // On the run's own thread.
  void carry_out(std::uint64_t run, const Policy& policy, const RunOrder& order, LiveRun& live) {
    ExitStatus status = ExitStatus::failed;
    try {
      status = parts_.run(policy, order, live, parts_.stop);
    } catch (const std::exception& error) {  // out of memory, for one: the others go on
      parts_.log.say(Level::error, order.name.str(), error.what());
    }
    ended(run, status);
  }

  // Of any thread.
  void ended(std::uint64_t run, ExitStatus status) {
    {
      const std::lock_guard lock(mutex_);
      ended_.emplace_back(run, status);
    }
    ::eventfd_write(ended_fd_.get(), 1);
  }

  void reap() {
    std::vector<std::pair<std::uint64_t, ExitStatus>> done;
    {
      const std::lock_guard lock(mutex_);
      done.swap(ended_);
    }
    for (const auto& [run, status] : done) {
      live_.erase(run);
      if (const auto thread = threads_.find(run); thread != threads_.end()) {
        thread->second.join();
        threads_.erase(thread);
      }
      for (const Ticket ticket : dispatcher_.ended(run, status, now())) {
        for (const auto client : waiting_[ticket])
          if (parts_.control) parts_.control->answer(client, {"", static_cast<int>(status)});
        waiting_.erase(ticket);
      }
    }
  }

  // Written before what it says is waited for, so that a daemon which is killed in a run does not
  // begin it again at once, again and again.
  void remember() {
    if (dispatcher_.memory() == written_) return;
    const auto wrote = write_memory(parts_.memory, dispatcher_.memory());
    if (wrote) {
      written_ = dispatcher_.memory();
      has_complained_ = false;
    } else if (!std::exchange(has_complained_, true)) {
      parts_.log.say(Level::warning, "",
                     wrote.error().message + "; a restart will run jobs again that ran already");
    }
  }

  // `moment` is when begin() was asked last: what has become due since then is not passed over.
  void set_timer(Seconds moment, bool is_stopping) {
    const auto next = is_stopping ? std::nullopt : dispatcher_.next(moment);
    itimerspec when{};
    if (next) when.it_value.tv_sec = std::max<std::int64_t>(next->time_since_epoch().count(), 1);
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr);
  }

  void wait(Seconds moment, bool is_stopping) {
    set_timer(moment, is_stopping);
    std::vector<pollfd> fds{{ended_fd_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}};
    // After the stop it would be readable for ever.
    fds.push_back({is_stopping ? -1 : stopped_.fd(), POLLIN, 0});
    fds.push_back({is_stopping ? -1 : parts_.reload_fd, POLLIN, 0});
    if (parts_.control) parts_.control->add_to(fds);
    const auto watchdog = systemd_.watchdog();
    const int timeout =
        watchdog ? static_cast<int>(std::max<std::int64_t>(watchdog->count() / 1000, 1)) : -1;
    if (::poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR)
      parts_.log.say(Level::error, "", "poll: " + std::generic_category().message(errno));
    if (watchdog) systemd_.alive();
    drain(ended_fd_.get());
    drain(timer_.get());
    if (fds[3].revents != 0) {
      drain(parts_.reload_fd);
      reload();
    }
    if (parts_.control)
      parts_.control->serve([this](ControlSocket::Client client, const ControlRequest& request) {
        take(client, request);
      });
  }

  void reload() {
    systemd_.reloading();
    auto fresh = parts_.reload();
    if (const auto* why = std::get_if<std::string>(&fresh)) {
      parts_.log.say(Level::error, "", "the policy stays as it was:\n" + *why);
    } else {
      const bool is_same = std::get<Policy>(fresh).hash == dispatcher_.policy().hash;
      const auto gone = dispatcher_.adopt(std::move(std::get<Policy>(fresh)));
      for (const Ticket ticket : gone) {
        for (const auto client : waiting_[ticket])
          answer(client, "the policy was read again, and has no such job any more");
        waiting_.erase(ticket);
      }
      parts_.log.say(
          Level::info, "",
          is_same ? "read the policy again: it means the same" : "read the policy again");
      if (!is_same) tell_timetable();
    }
    systemd_.ready("waiting");
  }

  void take(ControlSocket::Client client, const ControlRequest& request) {
    using Call = ControlRequest::Call;
    const std::string job = request.job.str();
    const std::string none = fmt::format("the daemon's policy has no job {}", job);
    if (request.call == Call::status) {
      if (parts_.control) parts_.control->answer(client, {"", {}, status()});
      return;
    }
    if (parts_.stop.stop_requested()) return answer(client, "the daemon is stopping");
    if (request.call == Call::wake) {
      const auto ticket = dispatcher_.wake(request.job, request.allow_budget);
      if (!ticket) return answer(client, none);
      parts_.log.say(Level::info, job, "was asked for");
      if (!request.wait) return answer(client, "");
      waiting_[*ticket].push_back(client);
      return;
    }
    const bool pauses = request.call == Call::pause;
    if (!(pauses ? dispatcher_.pause(request.job) : dispatcher_.resume(request.job)))
      return answer(client, none);
    parts_.log.say(Level::info, job, pauses ? "is paused" : "is resumed");
    answer(client, "");
  }

  DaemonStatus status() const {
    DaemonStatus status{
        ::getpid(), since_, dispatcher_.policy().hash, clock_.doubt(), dispatcher_.states(now()),
        {}};
    for (const auto& [run, live] : live_) status.runs.push_back(live->state());
    return status;
  }

  void answer(ControlSocket::Client client, std::string error) {
    if (parts_.control) parts_.control->answer(client, {std::move(error), {}});
  }

  DaemonParts parts_;
  Dispatcher dispatcher_;
  DaemonMemory written_;
  ClockWatch clock_;
  const Systemd systemd_{};
  const StopWake stopped_;
  const Descriptor ended_fd_;
  const Descriptor timer_;
  const Seconds since_ = now();
  std::map<std::uint64_t, std::thread> threads_;
  std::map<std::uint64_t, std::shared_ptr<LiveRun>> live_;
  std::map<Ticket, std::vector<ControlSocket::Client>> waiting_;
  std::mutex mutex_;  // guards ended_
  std::vector<std::pair<std::uint64_t, ExitStatus>> ended_;
  bool has_complained_ = false;
};

}  // namespace

void run_daemon(Policy policy, DaemonParts parts) {
  Daemon(std::move(policy), std::move(parts)).run();
}

}  // namespace zr
