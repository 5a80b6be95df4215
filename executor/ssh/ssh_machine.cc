#include "executor/ssh/ssh_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "executor/process_pipes.h"
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

// PATH of a user who is not root often lacks the folders where zfs is.
constexpr const char* runner =
    "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C; export PATH LC_ALL; exec \"$@\"";

class SshMachine final : public Machine {
 public:
  explicit SshMachine(std::shared_ptr<SshConnection> connection)
      : connection_(std::move(connection)) {}

  Result<std::unique_ptr<Process>> spawn(const Argv& argv) override {
    Argv all{"sh", "-c", runner, "zrepl"};
    all.insert(all.end(), argv.begin(), argv.end());
    auto command = remote_command(all);
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

 private:
  std::shared_ptr<SshConnection> connection_;
};

}  // namespace

Result<std::unique_ptr<Machine>> connect_ssh(const SshTransport& transport,
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
  return std::unique_ptr<Machine>(std::make_unique<SshMachine>(std::move(*connection)));
}

}  // namespace zr
