#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>

#include "executor/commands/command.h"
#include "executor/commands/command_line.h"
#include "executor/commands/interrupts.h"
#include "executor/commands/standard_streams.h"
#include "executor/machine/fd_buffer.h"
#include "executor/machine/local_host.h"
#include "executor/progress/progress.h"
#include "executor/rpc/agents.h"
#include "executor/serve/door.h"
#include "executor/sim/sim_file.h"
#include "executor/sim/sim_zfs.h"
#include "executor/ssh/command_machine.h"
#include "executor/ssh/ssh_machine.h"
#include "executor/zfs/cli_zfs.h"
#include "lang/overloaded.h"

namespace zr {
namespace {

// What a policy's transports stand for. What is shared outlives what is opened.
struct Ways {
  Policy policy;
  Reach reach;
  std::stop_token stop;
  std::shared_ptr<LocalHost> local;
  std::shared_ptr<SimFiles> sims;
  std::shared_ptr<SshMachines> ssh = std::make_shared<SshMachines>();
  std::shared_ptr<Agents> agents = std::make_shared<Agents>();

  using OpenedMachine = Result<std::shared_ptr<Machine>>;
  using OpenedZfs = Result<std::unique_ptr<Zfs>>;

  OpenedMachine machine(const HostName& name) const {
    const auto* host = policy.find_host(name);
    if (!host) return Error{Remedy::give_up, "the site file has no host " + name.value};
    const overloaded open{
        [&](const LocalTransport&) { return OpenedMachine(local); },
        [](const SimTransport&) -> OpenedMachine {
          return Error{Remedy::give_up, "a simulated host runs no programs"};
        },
        [&](const SshTransport& to) { return ssh->connect(name, to, reach.folder, stop); },
        [&](const CommandTransport& command) {
          return OpenedMachine(machine_by_command(local, command.argv));
        },
    };
    return std::visit(open, host->transport);
  }

  OpenedZfs zfs(const HostName& name) const {
    const auto* host = policy.find_host(name);
    if (!host || !host->agent) return own_zfs(name);
    const Connect own = std::bind_front(&Ways::own_zfs, *this);
    const auto within = [&] { return only_door(policy, name, own); };
    const auto open = [&] {
      return connect_agent(*host, local, std::bind_front(&Ways::machine, *this), within, stop);
    };
    return agents->connect(name, open, stop);
  }

  // Without an agent, though there may be one.
  OpenedZfs own_zfs(const HostName& name) const {
    const auto* host = policy.find_host(name);
    const auto* sim = host ? std::get_if<SimTransport>(&host->transport) : nullptr;
    if (sim) {
      auto file = sims->open(reach.folder / sim->file);
      if (!file) return file.error();
      const SimOptions options{.now = std::chrono::floor<std::chrono::seconds>(reach.now)};
      auto opened = SimZfs::open(*file, name, options);
      return opened ? OpenedZfs(std::move(*opened)) : opened.error();
    }
    auto opened = machine(name);
    if (!opened) return opened.error();
    return {std::make_unique<CliZfs>(std::move(*opened), host->zfs_argv,
                                     CliZfsOptions{reach.zfs_timeout}, stop)};
  }
};

ExitStatus run(const Invocation& invocation, const Console& console) {
  std::optional<Interrupts> interrupts;
  if (!may_end_anytime(invocation.command)) interrupts.emplace(lives_on(invocation.command));
  const std::stop_token stop = interrupts ? interrupts->token() : std::stop_token();
  const auto ways = [&, local = std::make_shared<LocalHost>(), sims = std::make_shared<SimFiles>()](
                        const Policy& p, const Reach& reach) {
    return std::make_shared<const Ways>(Ways{p, reach, stop, local, sims});
  };
  const auto connect = [&](const Policy& policy, const Reach& reach) -> Connect {
    return std::bind_front(&Ways::zfs, ways(policy, reach));
  };
  const auto machines = [&](const Policy& policy, const Reach& reach) -> Machines {
    return std::bind_front(&Ways::machine, ways(policy, reach));
  };
  const Outside outside{connect, machines,       wall_clock_now,
                        stop,    current_user(), interrupts ? interrupts->reload_fd() : -1};
  return run_command(invocation, outside, console);
}

ExitStatus answer(std::vector<std::string> arguments, const Console& console) {
  const auto parsed = parse_command_line(std::move(arguments));
  if (const auto* invocation = std::get_if<Invocation>(&parsed)) return run(*invocation, console);
  if (const auto* failure = std::get_if<Failure>(&parsed)) {
    console.err << failure->text;
    return failure->status;
  }
  console.out << std::get<Answer>(parsed).text;
  return ExitStatus::done;
}

int guarded_main(std::vector<std::string> arguments) {
  FdBuffer out_buffer(STDOUT_FILENO);
  FdBuffer err_buffer(STDERR_FILENO);
  std::ostream out(&out_buffer);
  std::ostream err(&err_buffer);
  err << std::unitbuf;
  const Console console{out, err, wants_color(STDOUT_FILENO), wants_color(STDERR_FILENO),
                        ::isatty(STDERR_FILENO) == 1};
  ExitStatus status = answer(std::move(arguments), console);
  if (const int error = out_buffer.error(); error != 0) {
    err << "error: cannot write to stdout: " << std::generic_category().message(error) << "\n";
    if (status == ExitStatus::done || status == ExitStatus::changes) status = ExitStatus::failed;
  }
  return static_cast<int>(status);
}

}  // namespace
}  // namespace zr

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  zr::open_missing_standard_streams();
  try {
    return zr::guarded_main({argv + std::min(argc, 1), argv + argc});
  } catch (const std::bad_alloc&) {
    std::fputs("error: out of memory\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: internal: %s\n", error.what());
  }
  return static_cast<int>(zr::ExitStatus::failed);
}
