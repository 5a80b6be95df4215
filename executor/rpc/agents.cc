#include "executor/rpc/agents.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "executor/machine/descriptor.h"
#include "executor/rpc/rpc_zfs.h"
#include "planner/render_text.h"

namespace zr {
namespace {

// What a program says before its first frame is worth no more than this.
constexpr std::size_t max_said_bytes = 4096;

// How long it may take until the other end has said who it is, logging in included: a program like
// ssh(1) has a limit of its own, which is to come first.
constexpr std::chrono::seconds greeting_patience{60};

Result<Descriptor> copy_of(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy >= 0) return Descriptor(copy);
  return Error{Remedy::retry, fmt::format("can't copy a descriptor: {}", std::strerror(errno))};
}

// Takes what a program writes to stderr, so that it never waits for somebody to read it.
class Stderr {
 public:
  explicit Stderr(int fd) : thread_([this, fd](const std::stop_token& stop) { drain(fd, stop); }) {}

  std::string said() {
    const std::lock_guard lock(mutex_);
    return said_;
  }

 private:
  void drain(int fd, const std::stop_token& stop) {
    const StopWake wake(stop);
    std::array<char, 1024> piece;
    for (;;) {
      pollfd fds[] = {{fd, POLLIN, 0}, {wake.fd(), POLLIN, 0}};
      ::poll(fds, 2, -1);
      if (fds[1].revents != 0) return;
      const ssize_t n = ::read(fd, piece.data(), piece.size());
      if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return;
      const std::lock_guard lock(mutex_);
      if (n > 0 && said_.size() < max_said_bytes) said_.append(piece.data(), std::size_t(n));
    }
  }

  std::mutex mutex_;
  std::string said_;
  std::jthread thread_;
};

// Ends in this order: the connection, so that the program sees its end, then the program.
struct Program {
  std::shared_ptr<Machine> machine;
  std::unique_ptr<Process> process;
  std::unique_ptr<Stderr> said;
  std::unique_ptr<Connection> connection;
};

Error with_what_was_said(Error error, Program& program, std::string_view name) {
  program.connection->end({});
  program.process->close_stdin();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  const auto status = program.process->wait(deadline, {});
  if (status && *status != 0) {
    error.message += fmt::format("; `{}` ended with status {}", shown(std::string(name)), *status);
  }
  std::string said = program.said->said();
  while (!said.empty() && said.back() == '\n') said.pop_back();
  if (!said.empty()) error.message += fmt::format(" and said: {}", shown(said));
  return error;
}

}  // namespace

Result<std::shared_ptr<Connection>> connect_by_program(std::shared_ptr<Machine> machine,
                                                       const Argv& argv, std::stop_token stop) {
  auto program = std::make_shared<Program>();
  auto process = machine->spawn(argv);
  if (!process) return process.error();
  program->machine = std::move(machine);
  program->process = *std::move(process);
  auto in = copy_of(program->process->stdout_fd());
  auto out = copy_of(program->process->stdin_fd());
  if (!in || !out) return (in ? out : in).error();
  program->process->close_stdin();
  program->said = std::make_unique<Stderr>(program->process->stderr_fd());
  program->connection =
      std::make_unique<Connection>(*std::move(in), *std::move(out), ConnectionOptions{});
  if (auto greeted = program->connection->greeted(greeting_patience, stop); !greeted) {
    return with_what_was_said(greeted.error(), *program, argv.front());
  }
  Connection* connection = program->connection.get();
  return std::shared_ptr<Connection>(std::move(program), connection);
}

Result<std::shared_ptr<Connection>> connect_within(OpenForCall open) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Error{Remedy::retry,
                 fmt::format("can't make a pair of sockets: {}", std::strerror(errno))};
  }
  Descriptor there(ends[0]), here(ends[1]);
  auto there_too = copy_of(there.get());
  auto here_too = copy_of(here.get());
  if (!there_too || !here_too) return (there_too ? here_too : there_too).error();

  struct Within {
    std::jthread answerer;
    std::unique_ptr<Connection> connection;  // ends first, which ends the other
  };
  // In one process nothing gets lost, and a pipe's worth is the fastest.
  ConnectionOptions options;
  options.checksum = false;
  options.window_bytes = std::size_t{1} << 20;
  auto within = std::make_shared<Within>();
  within->answerer = std::jthread([in = std::move(there), out = *std::move(there_too), options,
                                   open = std::move(open)](const std::stop_token& stop) mutable {
    (void)answer_calls(std::move(in), std::move(out), options, open, stop);
  });
  within->connection = std::make_unique<Connection>(std::move(here), *std::move(here_too), options);
  Connection* connection = within->connection.get();
  return std::shared_ptr<Connection>(std::move(within), connection);
}

Result<std::shared_ptr<Connection>> connect_agent(
    const Host& host, std::shared_ptr<Machine> local,
    const std::function<Result<std::shared_ptr<Machine>>(const HostName&)>& machine,
    const DoorWithin& within, std::stop_token stop) {
  if (const auto* command = std::get_if<CommandTransport>(&host.transport)) {
    return connect_by_program(std::move(local), command->argv, std::move(stop));
  }
  if (std::holds_alternative<SshTransport>(host.transport)) {
    auto there = machine(host.name);
    if (!there) return there.error();
    // It does not matter what is asked for: sshd starts what authorized_keys says.
    return connect_by_program(*std::move(there), {"zrepl", "serve"}, std::move(stop));
  }
  auto door = within();
  return door ? connect_within(*std::move(door)) : door.error();
}

Result<std::unique_ptr<Zfs>> Agents::connect(const HostName& name, const Open& open,
                                             std::stop_token stop) {
  std::shared_ptr<Host> host;
  {
    const std::lock_guard lock(mutex_);
    auto& there = hosts_[name];
    if (!there) there = std::make_shared<Host>();
    host = there;
  }
  const std::lock_guard lock(host->mutex);
  if (!host->connection || host->connection->ended()) {
    auto opened = open();
    if (!opened) return opened.error();
    host->connection = *std::move(opened);
  }
  return {std::make_unique<RpcZfs>(host->connection, std::move(stop))};
}

}  // namespace zr
