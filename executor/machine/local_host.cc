#include "executor/machine/local_host.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "executor/machine/descriptor.h"
#include "executor/machine/process_pipes.h"
#include "fmt/format.h"

namespace zr {
namespace {

using std::chrono::steady_clock;

// How long a program has after SIGTERM, and how long the kernel has after SIGKILL: a process that
// waits for a pool that does not answer can't be killed, and must not hold us up as well.
constexpr std::chrono::seconds term_grace{2};
constexpr std::chrono::seconds kill_grace{5};

class LocalProcess final : public PipedProcess {
 public:
  LocalProcess(std::string name, pid_t pid, ProcessPipes& pipes)
      : PipedProcess(pipes),
        name_(std::move(name)),
        pid_(pid),
        pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

  LocalProcess(const LocalProcess&) = delete;
  LocalProcess& operator=(const LocalProcess&) = delete;

  ~LocalProcess() override {
    close_all();
    if (!status_ && !end()) {
      // Nothing but its end is missing, which may come at any time; somebody has to take note of
      // it.
      std::thread([pid = pid_] { ::waitpid(pid, nullptr, 0); }).detach();
    }
  }

  void terminate() override {
    if (!status_) signal_group(SIGTERM);
  }

  Result<int> wait(steady_clock::time_point deadline, std::stop_token stop) override {
    const StopWake wake(stop);
    while (!reaped()) {
      if (stop.stop_requested()) return give_up_on("was interrupted");
      if (steady_clock::now() >= deadline) return give_up_on("did not end in time");
      poll_end(wake.fd(), deadline);
    }
    return *status_;
  }

 private:
  Error give_up_on(std::string_view why) {
    if (end()) return {Remedy::retry, fmt::format("'{}' {} and was ended", name_, why)};
    return {Remedy::retry,
            fmt::format("'{}' {}, and process {} does not end even when killed: it may belong to "
                        "another user, or wait for a pool that does not answer",
                        name_, why, pid_)};
  }

  // Ends the program and whatever it started. False when that takes too long.
  bool end() {
    const auto gone_within = [this](std::chrono::seconds grace) {
      const auto deadline = steady_clock::now() + grace;
      while (!has_ended() && steady_clock::now() < deadline) poll_end(-1, deadline);
      return has_ended();
    };
    signal_group(SIGTERM);
    const bool went = gone_within(term_grace);
    // While the leader is not reaped its number, and so the group's, can't be another's.
    signal_group(SIGKILL);
    return (went || gone_within(kill_grace)) && reaped();
  }

  void signal_group(int signal) const { ::kill(-pid_, signal); }

  bool has_ended() const {
    siginfo_t info{};
    const int rc = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return rc != 0 ? errno == ECHILD : info.si_pid != 0;
  }

  bool reaped() {
    if (status_) return true;
    int status = 0;
    const pid_t got = ::waitpid(pid_, &status, WNOHANG);
    if (got == pid_) {
      status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    } else if (got < 0 && errno == ECHILD) {
      status_ = 127;  // somebody ignores SIGCHLD: how it ended is not known
    }
    return status_.has_value();
  }

  // Where the kernel has no pidfd_open(2) this looks again every few milliseconds.
  void poll_end(int wake_fd, steady_clock::time_point deadline) const {
    pollfd fds[] = {{pidfd_.get(), POLLIN, 0}, {wake_fd, POLLIN, 0}};
    const int timeout = poll_timeout(deadline);
    constexpr int look_again = 5;
    const bool blind = pidfd_.get() < 0;
    ::poll(fds, 2, blind ? (timeout < 0 ? look_again : std::min(timeout, look_again)) : timeout);
  }

  std::string name_;
  pid_t pid_;
  Descriptor pidfd_;
  std::optional<int> status_;
};

// The caller's environment, in the C locale: what zfs says is read by this program.
std::vector<char*> child_environment() {
  static constexpr char locale[] = "LC_ALL=C";
  std::vector<char*> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("LC_ALL=")) result.push_back(*entry);
  }
  result.push_back(const_cast<char*>(locale));  // posix_spawn(3) does not write to it
  result.push_back(nullptr);
  return result;
}

bool is_program(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

}  // namespace

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  const std::string folders =
      std::string(path != nullptr ? path : "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin";
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    // An empty entry would be the current folder, which is no place to take a program from.
    if (end > begin) {
      std::string candidate = folders.substr(begin, end - begin) + "/" + name;
      if (is_program(candidate)) return candidate;
    }
    begin = end + 1;
  }
  return std::nullopt;
}

namespace {

class SpawnSetup {
 public:
  SpawnSetup(int in, int out, int err) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  // 0 or an errno.
  int spawn(pid_t& pid, const std::string& path, const Argv& argv) const {
    std::vector<char*> arguments;
    for (const std::string& argument : argv) {
      arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    return ::posix_spawn(&pid, path.c_str(), &actions_, &attributes_, arguments.data(),
                         child_environment().data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

Error cannot_run(const std::string& name, std::string_view why, Remedy remedy) {
  return {remedy, fmt::format("can't run '{}': {}", name, why)};
}

}  // namespace

Result<std::unique_ptr<Process>> LocalHost::spawn(const Argv& argv) {
  if (argv.empty() || argv.front().empty())
    return cannot_run("", "no program is named", Remedy::give_up);
  const std::string& name = argv.front();
  for (const std::string& argument : argv) {
    if (argument.find('\0') != std::string::npos) {
      return cannot_run(name, "an argument holds a NUL byte", Remedy::give_up);
    }
  }
  const std::optional<std::string> path = find_program(name);
  if (!path) {
    return cannot_run(name, "no such program in PATH, /usr/local/sbin, /usr/sbin or /sbin",
                      Remedy::give_up);
  }
  auto pipes = make_process_pipes();
  if (!pipes) return pipes.error();

  pid_t pid = 0;
  const SpawnSetup setup(pipes->in.read.get(), pipes->out.write.get(), pipes->err.write.get());
  if (const int failure = setup.spawn(pid, *path, argv); failure != 0) {
    const bool passing = failure == EAGAIN || failure == ENOMEM;
    return cannot_run(name, std::strerror(failure), passing ? Remedy::retry : Remedy::give_up);
  }
  return std::unique_ptr<Process>(std::make_unique<LocalProcess>(name, pid, *pipes));
}

std::size_t LocalHost::max_argv_bytes() const {
  // execve(2) counts the environment as well; the margin is for what sudo and others add.
  constexpr std::size_t margin = std::size_t{32} * 1024;
  std::size_t used = margin;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    used += std::strlen(*entry) + 1 + sizeof(char*);
  }
  const long limit = ::sysconf(_SC_ARG_MAX);
  const std::size_t all = limit > 0 ? static_cast<std::size_t>(limit) : std::size_t{128} * 1024;
  return all > 2 * used ? all - used : all / 4;
}

std::string current_user() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> texts(std::size_t{16} * 1024);
  ::getpwuid_r(::geteuid(), &entry, texts.data(), texts.size(), &found);
  return found != nullptr ? found->pw_name : std::to_string(::geteuid());
}

}  // namespace zr
