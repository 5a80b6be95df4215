#include "executor/ssh/ssh_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "executor/machine/process_pipes.h"
#include "executor/ssh/remote_command.h"
#include "executor/ssh/ssh_connection.h"

namespace zr {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds end_grace{5};

class SshProcess final : public PipedProcess {
 public:
  SshProcess(std::string name, std::shared_ptr<SshConnection> connection,
             std::shared_ptr<SshProgram> program, ProcessPipes& pipes)
      : PipedProcess(pipes),
        name_(std::move(name)),
        connection_(std::move(connection)),
        program_(std::move(program)) {}
  SshProcess(const SshProcess&) = delete;
  SshProcess& operator=(const SshProcess&) = delete;
  ~SshProcess() override {
    close_all();
    terminate();
  }

  void terminate() override {
    {
      const std::scoped_lock lock(ending().mutex);
      if (ending().ended) return;
    }
    connection_->end(*program_);
    std::unique_lock lock(ending().mutex);
    ending().changed.wait_for(lock, end_grace, [&] { return ending().ended.has_value(); });
  }

  Result<int> wait(steady_clock::time_point deadline, std::stop_token stop) override {
    const std::stop_callback wake(stop, [&] { ending().changed.notify_all(); });
    std::unique_lock lock(ending().mutex);
    // A little at a time: a stop could be requested between the look and the sleep.
    while (!ending().ended) {
      const char* why = stop.stop_requested()             ? "was interrupted"
                        : steady_clock::now() >= deadline ? "did not end in time"
                                                          : nullptr;
      if (why) {
        lock.unlock();
        terminate();
        return Error{Remedy::retry, fmt::format("'{}' {} and was ended", name_, why)};
      }
      ending().changed.wait_until(
          lock, std::min(deadline, steady_clock::now() + std::chrono::seconds(1)));
    }
    return *ending().ended;
  }

 private:
  SshEnding& ending() const { return program_->ending; }

  std::string name_;
  std::shared_ptr<SshConnection> connection_;
  std::shared_ptr<SshProgram> program_;
};

class ConnectedMachine final : public SshMachine {
 public:
  explicit ConnectedMachine(std::shared_ptr<SshConnection> connection)
      : connection_(std::move(connection)) {}

  Result<std::unique_ptr<Process>> spawn(const Argv& argv) override {
    auto command = remote_shell_command(argv);
    if (!command) return command.error();
    auto pipes = make_process_pipes();
    if (!pipes) return pipes.error();
    const auto program = std::make_shared<SshProgram>();
    program->command = std::move(*command);
    program->in = std::move(pipes->in.read);
    program->out = std::move(pipes->out.write);
    program->err = std::move(pipes->err.write);
    for (const Descriptor* end : {&program->in, &program->out, &program->err})
      set_nonblocking(end->get());
    enlarge_pipe(program->in.get());
    enlarge_pipe(program->out.get());
    if (!connection_->add(program))
      return Error{Remedy::reconnect, "the ssh connection is gone: " + connection_->why_gone()};
    return std::unique_ptr<Process>(
        std::make_unique<SshProcess>(argv.front(), connection_, program, *pipes));
  }

  bool is_sound() const override { return connection_->is_sound(); }

 private:
  std::shared_ptr<SshConnection> connection_;
};

}  // namespace

Result<std::unique_ptr<SshMachine>> connect_ssh(const SshTransport& transport,
                                                const std::filesystem::path& folder,
                                                std::stop_token stop) {
  auto session = ssh_login(transport, folder, std::move(stop));
  if (!session) return session.error();
  const auto in_folder = [&](const std::optional<std::string>& file) {
    return file ? std::optional(folder / *file) : std::nullopt;
  };
  auto connection = serve_connection(
      std::move(*session), {in_folder(transport.log_read), in_folder(transport.log_write)});
  if (!connection) return connection.error();
  return std::unique_ptr<SshMachine>(std::make_unique<ConnectedMachine>(std::move(*connection)));
}

Result<std::shared_ptr<Machine>> SshMachines::connect(const HostName& host,
                                                      const SshTransport& transport,
                                                      const std::filesystem::path& folder,
                                                      std::stop_token stop) {
  std::unique_ptr<SshMachine> machine;
  {
    const std::scoped_lock lock(idle_->mutex);
    auto& idle = idle_->of[host];
    while (!machine && !idle.empty()) {
      if (idle.back()->is_sound()) machine = std::move(idle.back());
      idle.pop_back();
    }
  }
  if (!machine) {
    auto connected = connect_ssh(transport, folder, std::move(stop));
    if (!connected) return connected.error();
    machine = std::move(*connected);
  }
  const auto keep = [host, idle = std::weak_ptr(idle_)](SshMachine* let_go) {
    std::unique_ptr<SshMachine> owned(let_go);
    const auto place = idle.lock();
    if (!place) return;
    const std::scoped_lock lock(place->mutex);
    auto& machines = place->of[host];
    if (owned->is_sound()) {
      machines.push_back(std::move(owned));
    } else {
      machines.clear();  // what broke this one has probably broken those too
    }
  };
  return std::shared_ptr<Machine>(std::shared_ptr<SshMachine>(machine.release(), keep));
}

}  // namespace zr
