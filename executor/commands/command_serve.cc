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
#include "executor/serve/door.h"
#include "executor/serve/isolation.h"
#include "executor/serve/isolation_needs.h"
#include "executor/serve/serve_log.h"
#include "executor/ssh/authorized_keys.h"
#include "executor/text_file.h"
#include "planner/render_text.h"

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

std::string whole_name(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

// With all files by their whole names: sshd starts it in the user's home, and serving leaves that.
ServeCommand with_whole_names(ServeCommand command) {
  command.site = whole_name(command.site);
  if (command.log) command.log = whole_name(*command.log);
  for (std::string& path : command.may_read) path = whole_name(path);
  for (std::string& path : command.may_write) path = whole_name(path);
  return command;
}

std::variant<Argv, Failure> command_line_of(const ServeCommand& command) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return Failure::because(ExitStatus::failed, "can't find this program's own file");
  Argv argv{program.string(), "serve", command.site, command.identity};
  const auto add = [&argv](const char* option, std::string value) {
    argv.insert(argv.end(), {option, std::move(value)});
  };
  if (command.host) add("--host", *command.host);
  if (command.log) add("--log", *command.log);
  for (const std::string& path : command.may_read) add("--may-read", path);
  for (const std::string& path : command.may_write) add("--may-write", path);
  return argv;
}

Outcome print_line(const ServeCommand& command, const Console& console) {
  std::optional<std::string> key;
  if (command.key) {
    auto text = read_text_file(*command.key, std::size_t{64} * 1024);
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
    return Error{Remedy::give_up,
                 fmt::format("can't use the standard streams: {}", std::strerror(errno))};
  }
  return copy;
}

// Gives up what it does not need, and from then on is there for the other end of stdin and stdout.
Outcome serve_on_standard_streams(const ServeCommand& command, const Policy& policy,
                                  const HostName& host, const IsolationNeeds& needs,
                                  const Connect& connect, const Outside& outside) {
  std::optional<Result<LogLine>> log;
  const Protections protections = isolate(needs, [&] { log = open_log(command.log); });
  if (!*log) return Failure::because(ExitStatus::failed, log->error().message);
  (**log)(fmt::format("{}: is served {}; protections: {}", shown(command.identity), host.value,
                      protections.text()));
  const auto door = door_for(policy, host, command.identity, connect, log_denials(**log));
  if (!door) return Failure::because(ExitStatus::wrong, door.error().message);
  auto in = take_standard(STDIN_FILENO);
  auto out = take_standard(STDOUT_FILENO);
  if (!in || !out) return Failure::because(ExitStatus::failed, (in ? out : in).error().message);
  const auto ended = answer_calls(*std::move(in), *std::move(out), {}, *door, outside.stop);
  if (!ended) return Failure::because(ExitStatus::failed, ended.error().message);
  return ExitStatus::done;
}

}  // namespace

Outcome serve(const ServeCommand& typed, std::chrono::seconds zfs_timeout, const Outside& outside,
              const Console& console) {
  auto loaded = load_site(typed.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&loaded)) return *failure;
  const Policy& policy = std::get<Site>(loaded).policy;
  const ServeCommand command = with_whole_names(typed);
  auto found = host_for(command, policy);
  if (auto* failure = std::get_if<Failure>(&found)) return *failure;
  const HostName& host = std::get<HostName>(found);
  Reach reach = reach_of(policy, outside.clock(), zfs_timeout);
  reach.folder = fs::path(command.site).parent_path();
  const auto needs =
      isolation_needs(*policy.find_host(host), reach.folder, {command.may_read, command.may_write});
  if (!needs) {
    return Failure::because(ExitStatus::wrong, needs.error().message,
                            "the site file that is served is that of the host itself, which has "
                            "`transport local` there");
  }
  if (command.print_authorized_keys) return print_line(command, console);
  if (::isatty(STDIN_FILENO) == 1) {
    return Failure::because(ExitStatus::wrong,
                            "this is to be started by sshd for a client, not at a terminal",
                            "zrepl serve --help");
  }
  return serve_on_standard_streams(command, policy, host, *needs, outside.connect(policy, reach),
                                   outside);
}

}  // namespace zr
