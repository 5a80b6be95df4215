#include "executor/commands/command_serve.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "executor/commands/planning.h"
#include "executor/commands/site.h"
#include "executor/machine/descriptor.h"
#include "executor/progress/progress_text.h"
#include "executor/rpc/answer.h"
#include "executor/ssh/authorized_keys.h"
#include "executor/serve/denial_log.h"
#include "executor/serve/door.h"
#include "executor/text_file.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

std::variant<HostName, Failure> host_for(const ServeCommand& command, const Policy& policy) {
  if (command.host) return find_host(policy, *command.host);
  const auto hosts = hosts_with_rights(policy, command.identity);
  if (hosts.size() == 1) return hosts.front();
  if (hosts.empty()) {
    return Failure::because(
        ExitStatus::wrong,
        fmt::format("the site file lets '{}' do nothing", one_line(command.identity)),
        "a `sink` or a `pull_acl` of that name says what a client may do");
  }
  return Failure::because(
      ExitStatus::wrong,
      fmt::format("'{}' may do something on several hosts", one_line(command.identity)),
      fmt::format("`--host {}` says which one this is", hosts.front().value));
}

// The program and the site file by their whole names, since sshd starts it in the user's home.
std::variant<Argv, Failure> command_line_of(const ServeCommand& command) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return Failure::because(ExitStatus::failed, "can't find this program's own file");
  const fs::path site = fs::absolute(command.site, error).lexically_normal();
  if (error) return Failure::because(ExitStatus::failed, "can't find the current folder");
  Argv argv{program.string(), "serve", site.string(), command.identity};
  if (command.host) argv.insert(argv.end(), {"--host", *command.host});
  if (command.log) {
    argv.insert(argv.end(), {"--log", fs::absolute(*command.log).lexically_normal().string()});
  }
  return argv;
}

Outcome print_line(const ServeCommand& command, const Console& console) {
  std::optional<std::string> key;
  if (command.key) {
    auto text = read_text_file(*command.key, 64 * 1024);
    if (!text) return Failure::because(ExitStatus::wrong, text.error().message);
    key = *std::move(text);
    while (!key->empty() && key->back() == '\n') key->pop_back();
  }
  auto argv = command_line_of(command);
  if (auto* failure = std::get_if<Failure>(&argv)) return *failure;
  const auto line = authorized_keys_line(std::get<Argv>(argv), key);
  if (!line) return Failure::because(ExitStatus::wrong, line.error().message);
  console.out << *line << "\n";
  if (!key) {
    console.err << "Put the client's public key behind it, in ~/.ssh/authorized_keys; "
                   "`--key FILE.pub` does that.\n";
  }
  return ExitStatus::done;
}

// The descriptor for us, and nothing behind it for anything else that runs in this process.
Result<Descriptor> take_standard(int fd) {
  Descriptor copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (copy.get() < 0 || nothing.get() < 0 || ::dup2(nothing.get(), fd) < 0) {
    return Error{Remedy::give_up, fmt::format("can't use the standard streams: {}",
                                              std::strerror(errno))};
  }
  return copy;
}

}  // namespace

Outcome serve(const ServeCommand& command, std::chrono::seconds zfs_timeout, const Outside& outside,
              const Console& console) {
  auto loaded = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&loaded)) return *failure;
  const Policy& policy = std::get<Site>(loaded).policy;
  auto found = host_for(command, policy);
  if (auto* failure = std::get_if<Failure>(&found)) return *failure;
  const HostName& host = std::get<HostName>(found);
  if (policy.find_host(host)->agent) {
    return Failure::because(
        ExitStatus::wrong, fmt::format("`{}` has `agent on`, so it can't be served from here", host.value),
        "the site file that is served says how to reach the host itself: `transport local`");
  }
  if (command.print_authorized_keys) return print_line(command, console);
  if (::isatty(STDIN_FILENO) == 1) {
    return Failure::because(ExitStatus::wrong,
                            "this is to be started by sshd for a client, not at a terminal",
                            "zrepl serve --help");
  }
  auto log = denial_log(command.log);
  if (!log) return Failure::because(ExitStatus::failed, log.error().message);
  const auto door =
      door_for(policy, host, command.identity,
               outside.connect(policy, reach_of(policy, outside.clock(), zfs_timeout)), *log);
  if (!door) return Failure::because(ExitStatus::wrong, door.error().message);
  auto in = take_standard(STDIN_FILENO);
  auto out = take_standard(STDOUT_FILENO);
  if (!in || !out) return Failure::because(ExitStatus::failed, (in ? out : in).error().message);
  const auto ended = answer_calls(*std::move(in), *std::move(out), {}, *door, outside.stop);
  if (!ended && !outside.stop.stop_requested()) {
    return Failure::because(ExitStatus::failed, ended.error().message);
  }
  return ExitStatus::done;
}

}  // namespace zr
