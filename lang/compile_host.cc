#include "lang/compile_host.h"

#include <algorithm>
#include <limits>

#include "lang/body.h"
#include "lang/reader.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::uint64_t max_slots = 64;
constexpr std::uint64_t max_port = 65535;

std::optional<std::string> read_string(Context& context, const Body& body, std::string_view key,
                                       std::string_view what) {
  const auto* line = body.find(key);
  if (line == nullptr) return std::nullopt;
  Reader reader(context, *line);
  auto text = reader.string(what);
  reader.end();
  return text;
}

bool read_flag(Context& context, const Body& body, std::string_view key) {
  const auto* line = body.find(key);
  if (line == nullptr) return false;
  Reader reader(context, *line);
  const auto flag = reader.on_off();
  reader.end();
  return flag.value_or(false);
}

// Options that have a statement of their own, or that would undo what zrepl promises.
std::string_view reason_against(std::string_view option) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> refused{{
      {"hostname", "write `address`"},
      {"port", "write `port`"},
      {"user", "write `user`"},
      {"identityfile", "write `identity_file`"},
      {"userknownhostsfile", "write `known_hosts`"},
      {"globalknownhostsfile", "write `known_hosts`"},
      {"connecttimeout", "write `connect_timeout`"},
      {"compression", "write `compression on`"},
      {"stricthostkeychecking", "the key of a host is always checked"},
      {"serveraliveinterval", "a host that has said nothing for 25 s counts as dead, always"},
      {"proxycommand", "use `transport command [\"ssh\", …]`, with ssh's own options"},
      {"proxyjump", "use `transport command [\"ssh\", \"-J\", …]`"},
  }};
  const auto found = std::find_if(refused.begin(), refused.end(),
                                  [option](const auto& r) { return r.first == option; });
  return found == refused.end() ? std::string_view{} : found->second;
}

void read_option(Context& context, const ast::Statement& line, SshTransport& ssh) {
  Reader reader(context, line);
  const Span span = reader.here();
  const auto word = reader.word("an option of ssh_config(5), such as `ciphers`");
  if (!word) return;
  std::string name(*word);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string::npos) {
    reader.fail(Code::bad_option, span, "`" + printable(*word) + "` is not an option of ssh");
    return;
  }
  if (const std::string_view why = reason_against(name); !why.empty()) {
    reader.fail(Code::bad_option, span, "`" + printable(*word) + "` can't be set as an option", "",
                {advice(std::string(why))});
    return;
  }
  if (std::find(ssh_option_names.begin(), ssh_option_names.end(), name) == ssh_option_names.end()) {
    const std::vector<std::string> known(ssh_option_names.begin(), ssh_option_names.end());
    auto help = context.suggestion(span, name, known);
    if (help.empty())
      help = {advice("`transport command [\"ssh\", …]` runs ssh(1), which has them all")};
    reader.fail(Code::bad_option, span,
                "`" + printable(*word) + "` is not an option that can be set here", "",
                std::move(help));
    return;
  }
  auto value = reader.string("the option's value");
  if (!reader.end() || !value) return;
  if (!ssh.options.emplace(name, std::move(*value)).second) {
    context.error(Code::repeated_statement, span, "the option `" + name + "` is given twice");
  }
}

SshTransport read_ssh(Context& context, const ast::Statement& s) {
  SshTransport ssh;
  Body body(context, s,
            {{"address"},
             {"port"},
             {"user"},
             {"identity_file"},
             {"known_hosts"},
             {"connect_timeout"},
             {"compression"},
             {"option", Key::Use::often},
             {"log_read"},
             {"log_write"}});
  if (body.require("address", "address \"nas.lan\"") != nullptr) {
    ssh.address = read_string(context, body, "address", "a host name or an address").value_or("");
  }
  if (const auto* port = body.find("port")) {
    Reader reader(context, *port);
    if (const auto number = reader.number(max_port)) {
      ssh.port = static_cast<std::uint16_t>(*number);
    }
    reader.end();
  }
  ssh.user = read_string(context, body, "user", "a user's name");
  ssh.identity_file = read_string(context, body, "identity_file", "a file");
  ssh.known_hosts = read_string(context, body, "known_hosts", "a file");
  if (const auto* timeout = body.find("connect_timeout")) {
    Reader reader(context, *timeout);
    ssh.connect_timeout = reader.duration().value_or(ssh.connect_timeout);
    reader.end();
  }
  ssh.compression = read_flag(context, body, "compression");
  for (const ast::Statement* line : body.all("option")) read_option(context, *line, ssh);
  ssh.log_read = read_string(context, body, "log_read", "a file");
  ssh.log_write = read_string(context, body, "log_write", "a file");
  return ssh;
}

void read_transport(Context& context, const ast::Statement& s, Host& host) {
  Reader reader(context, s);
  const auto kind = reader.choice({"local", "ssh", "command", "sim"});
  if (!kind) return;
  if (*kind == "ssh") {
    if (reader.block("transport ssh { address \"nas.lan\" }")) {
      host.transport = read_ssh(context, s);
    }
    return;
  }
  if (*kind == "sim") {
    if (auto file = reader.string("the simulator's file")) {
      host.transport = SimTransport{std::move(*file)};
    }
  } else if (*kind == "command") {
    if (auto argv = reader.strings()) host.transport = CommandTransport{std::move(*argv)};
  } else {
    host.transport = LocalTransport{};
  }
  reader.end();
}

// On a simulated host, and on one that an agent answers for, no program would be run by it.
void read_zfs(Context& context, const ast::Statement& s, Host& host) {
  Reader reader(context, s);
  if (auto argv = reader.strings()) host.zfs_argv = std::move(*argv);
  reader.end();
  const bool simulated = std::holds_alternative<SimTransport>(host.transport);
  if (!simulated && !host.agent) return;
  std::string help = "remove this line";
  if (!simulated) help += "; how zfs is run there is said in the site file that its agent serves";
  context.error(Code::no_zfs_run, context.span(s),
                "`zfs` on `" + host.name.value + "`, where zrepl runs no zfs",
                simulated ? "its pools exist only in a file" : "its agent runs zfs",
                {advice(std::move(help))});
}

}  // namespace

Host compile_host(Context& context, const ast::Statement& s, HostName name) {
  Host host;
  host.name = std::move(name);
  host.origin = context.origin(context.span(s));
  Body body(context, s, {{"transport"}, {"zfs"}, {"agent"}, {"slots"}, {"rate"}, {"state"}});
  if (const auto* transport = body.require("transport", "transport local")) {
    read_transport(context, *transport, host);
  }
  host.agent = read_flag(context, body, "agent");
  if (const auto* zfs = body.find("zfs")) read_zfs(context, *zfs, host);
  if (const auto* slots = body.find("slots")) {
    Reader reader(context, *slots);
    if (const auto count = reader.number(max_slots)) host.slots = static_cast<unsigned>(*count);
    reader.end();
  }
  if (const auto* rate = body.find("rate")) {
    Reader reader(context, *rate);
    host.rate_bytes_per_second = reader.rate();
    reader.end();
  }
  host.state_dir = read_string(context, body, "state", "a folder");
  return host;
}

}  // namespace zr
