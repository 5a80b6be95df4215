#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>

#include "executor/cli_zfs.h"
#include "executor/command.h"
#include "executor/command_line.h"
#include "executor/fd_buffer.h"
#include "executor/interrupts.h"
#include "executor/local_host.h"
#include "executor/progress.h"
#include "executor/sim/sim_file.h"
#include "executor/sim/sim_zfs.h"
#include "executor/ssh/command_machine.h"
#include "executor/ssh/ssh_machine.h"
#include "executor/standard_streams.h"
#include "lang/overloaded.h"

namespace zr {
namespace {

using Opened = Result<std::unique_ptr<Zfs>>;

// What the transports of a policy stand for. Shared by the connections, and outlives them.
struct Transports {
  LocalHost local;
  SimFiles sims;
  SshMachines ssh;
};

Connect connect_to(const Policy& policy, const Reach& reach, std::shared_ptr<Transports> via,
                   std::stop_token stop) {
  return [policy, reach, via, stop](const HostName& name) -> Opened {
    const auto* host = policy.find_host(name);
    if (!host) return Error{Remedy::give_up, "the site file has no host " + name.value};
    const auto not_yet = [](const char* what) -> Opened {
      return Error{Remedy::give_up, std::string("this version of zrepl can't ") + what + " yet"};
    };
    const auto over = [&](std::shared_ptr<Machine> machine) -> Opened {
      return {std::make_unique<CliZfs>(std::move(machine), host->zfs_argv,
                                       CliZfsOptions{reach.zfs_timeout}, stop)};
    };
    if (host->agent) return not_yet("talk to an agent");
    const overloaded open{
        [&](const LocalTransport&) {
          return over({via, &via->local});
        },
        [&](const SimTransport& sim) -> Opened {
          auto file = via->sims.open(reach.folder / sim.file);
          if (!file) return file.error();
          const SimOptions options{.now = std::chrono::floor<std::chrono::seconds>(reach.now)};
          auto zfs = SimZfs::open(*file, name, options);
          return zfs ? Opened(std::move(*zfs)) : zfs.error();
        },
        [&](const SshTransport& ssh) {
          auto machine = via->ssh.connect(name, ssh, reach.folder, stop);
          return machine ? over(std::move(*machine)) : machine.error();
        },
        [&](const CommandTransport& command) {
          return over(machine_by_command({via, &via->local}, command.argv));
        },
    };
    return std::visit(open, host->transport);
  };
}

// Whether a command only reads files, so that a signal may end it at any moment.
bool only_reads(const Command& command) {
  return std::holds_alternative<CheckCommand>(command) ||
         std::holds_alternative<TestCommand>(command) ||
         std::holds_alternative<DocCommand>(command) || std::holds_alternative<MapCommand>(command);
}

ExitStatus run(const Invocation& invocation, const Console& console) {
  std::optional<Interrupts> interrupts;
  if (!only_reads(invocation.command)) interrupts.emplace();
  const std::stop_token stop = interrupts ? interrupts->token() : std::stop_token();
  const auto transports = std::make_shared<Transports>();
  const Outside outside{[&](const Policy& policy, const Reach& reach) {
                          return connect_to(policy, reach, transports, stop);
                        },
                        [] { return wall_clock_now(); }, stop};
  return run_command(invocation, outside, console);
}

ExitStatus answer(std::vector<std::string> arguments, const Console& console) {
  const auto parsed = parse_command_line(std::move(arguments));
  return std::visit(overloaded{
                        [&](const Invocation& invocation) { return run(invocation, console); },
                        [&](const Answer& text) {
                          console.out << text.text;
                          return ExitStatus::done;
                        },
                        [&](const Failure& failure) {
                          console.err << failure.text;
                          return failure.status;
                        },
                    },
                    parsed);
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
