#include "executor/ssh/ssh_login.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libssh/libssh.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include "executor/machine/descriptor.h"
#include "executor/progress/progress_text.h"

namespace zr {
namespace {

using std::chrono::steady_clock;

// Fastest first where the machine has instructions for AES, as nearly all do that have ZFS.
constexpr const char* ciphers =
    "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,"
    "aes128-ctr,aes192-ctr,aes256-ctr";

struct FreeString {
  void operator()(char* text) const { ssh_string_free_char(text); }
};
using CString = std::unique_ptr<char, FreeString>;
struct FreeKey {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};
using Key = std::unique_ptr<ssh_key_struct, FreeKey>;

class Login {
 public:
  Login(const SshTransport& transport, const std::filesystem::path& folder, std::stop_token stop)
      : transport_(transport),
        folder_(folder),
        stop_(std::move(stop)),
        wake_(stop_),
        deadline_(steady_clock::now() + transport.connect_timeout),
        session_(ssh_new()) {}

  Result<SshSession> run() {
    if (!session_) return Error{Remedy::retry, "out of memory"};
    for (const auto step : {&Login::set_options, &Login::connect, &Login::shake_hands,
                            &Login::check_host_key, &Login::authenticate}) {
      if (auto done = (this->*step)(); !done) return done.error();
    }
    return std::move(session_);
  }

 private:
  ssh_session get() const { return session_.get(); }
  std::string where() const {
    return transport_.port == 22 ? transport_.address
                                 : fmt::format("{}:{}", transport_.address, transport_.port);
  }
  std::string said() const { return one_line(ssh_get_error(get())); }
  std::string in_folder(const std::string& file) const {
    return file.rfind("~/", 0) == 0 ? file : (folder_ / file).string();
  }

  Result<void> set(ssh_options_e option, const void* value, std::string_view what) {
    if (ssh_options_set(get(), option, value) == SSH_OK) return {};
    return Error{Remedy::give_up, fmt::format("ssh to {}: {}: {}", where(), what, said())};
  }
  Result<void> set(ssh_options_e option, const std::string& value, std::string_view what) {
    return set(option, value.c_str(), what);
  }

  Result<void> set_options() {
    if (auto done = set(SSH_OPTIONS_HOST, transport_.address, "the address"); !done) return done;
    // The defaults before what the user's configuration says, the policy's own after it.
    for (const auto direction : {SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C})
      if (auto done = set(direction, ciphers, "its ciphers"); !done) return done;
    (void)ssh_options_parse_config(get(), nullptr);
    if (auto done = set_own_options(); !done) return done;
    for (const auto& [name, value] : transport_.options)
      if (auto done = set_named(name, value); !done) return done;
    return {};
  }

  Result<void> set_own_options() {
    const unsigned port = transport_.port;
    if (port != 22)
      if (auto done = set(SSH_OPTIONS_PORT, &port, "the port"); !done) return done;
    if (transport_.user)
      if (auto done = set(SSH_OPTIONS_USER, *transport_.user, "the user"); !done) return done;
    if (transport_.known_hosts) {
      const std::string file = in_folder(*transport_.known_hosts);
      if (auto done = set(SSH_OPTIONS_KNOWNHOSTS, file, "known_hosts"); !done) return done;
    }
    if (transport_.compression)
      if (auto done = set(SSH_OPTIONS_COMPRESSION, "yes", "compression"); !done) return done;
    return {};
  }

  Result<void> set_named(const std::string& name, const std::string& value) {
    struct Named {
      std::string_view name;
      std::array<ssh_options_e, 2> options;
    };
    static constexpr std::array known = {
        Named{"ciphers", {SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C}},
        Named{"hostkeyalgorithms", {SSH_OPTIONS_HOSTKEYS, SSH_OPTIONS_HOSTKEYS}},
        Named{"identityagent", {SSH_OPTIONS_IDENTITY_AGENT, SSH_OPTIONS_IDENTITY_AGENT}},
        Named{"kexalgorithms", {SSH_OPTIONS_KEY_EXCHANGE, SSH_OPTIONS_KEY_EXCHANGE}},
        Named{"macs", {SSH_OPTIONS_HMAC_C_S, SSH_OPTIONS_HMAC_S_C}},
        Named{"pubkeyacceptedalgorithms",
              {SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES}},
    };
    static_assert(
        std::equal(
            known.begin(), known.end(), ssh_option_names.begin(), ssh_option_names.end(),
            [](const Named& option, std::string_view taken) { return option.name == taken; }),
        "the compiler takes these and no others");
    for (const Named& option : known) {
      if (option.name != name) continue;
      for (const ssh_options_e each : option.options)
        if (auto done = set(each, value, "option " + name); !done) return done;
      return {};
    }
    return Error{Remedy::give_up,
                 fmt::format("ssh to {}: this version of zrepl can't set the option `{}`; "
                             "`transport command` runs ssh(1), which has them all",
                             where(), name)};
  }

  Error cut(std::string_view during) const {
    if (stop_.stop_requested())
      return {Remedy::retry, fmt::format("ssh to {}: interrupted", where())};
    return {Remedy::retry, fmt::format("ssh to {}: {} took longer than {} s (`connect_timeout`)",
                                       where(), during, transport_.connect_timeout.count())};
  }

  // False when there is no more time, or a stop was requested.
  bool wait_for(int fd, short events) const {
    pollfd fds[] = {{fd, events, 0}, {wake_.fd(), POLLIN, 0}};
    while (!stop_.stop_requested() && steady_clock::now() < deadline_) {
      if (::poll(fds, 2, poll_timeout(deadline_)) > 0 && fds[0].revents != 0) return true;
    }
    return false;
  }

  // Each address of the host in turn, until one answers.
  Result<void> connect() {
    CString proxy(option(SSH_OPTIONS_PROXYCOMMAND));
    if (proxy) return {};  // libssh runs it
    CString host(option(SSH_OPTIONS_HOST));
    unsigned port = 22;
    ssh_options_get_port(get(), &port);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string name = host ? host.get() : transport_.address;
    if (const int failure =
            ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &found);
        failure != 0) {
      const bool passing = failure == EAI_AGAIN;
      return Error{passing ? Remedy::retry : Remedy::give_up,
                   fmt::format("ssh to {}: no address for '{}': {}", where(), one_line(name),
                               ::gai_strerror(failure))};
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
    int error = 0;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      Descriptor socket(::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                                 each->ai_protocol));
      error = connect_to(socket.get(), *each);
      if (error == 0) return use(std::move(socket));
      if (error == ETIMEDOUT) return cut("connecting");
    }
    return Error{Remedy::retry, fmt::format("ssh to {}: {}", where(), std::strerror(error))};
  }

  int connect_to(int socket, const addrinfo& address) const {
    if (socket < 0) return errno;
    if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!wait_for(socket, POLLOUT)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == ETIMEDOUT ? EHOSTUNREACH : error;
  }

  Result<void> use(Descriptor socket) {
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // libssh closes it from now on; with a number of its own, ours may go.
    const int fd = ::fcntl(socket.get(), F_DUPFD_CLOEXEC, 3);
    if (fd < 0) return Error{Remedy::retry, fmt::format("ssh: {}", std::strerror(errno))};
    return set(SSH_OPTIONS_FD, &fd, "the connection");
  }

  char* option(ssh_options_e which) const {
    char* value = nullptr;
    return ssh_options_get(get(), which, &value) == SSH_OK ? value : nullptr;
  }

  // Calls it until it has something else to say than that it waits.
  template <class Call>
  Result<int> persist(int again, std::string_view during, Call call) {
    while (true) {
      const int rc = call();
      if (rc != again) return rc;
      const bool writes = (ssh_get_poll_flags(get()) & SSH_WRITE_PENDING) != 0;
      if (!wait_for(ssh_get_fd(get()), static_cast<short>(POLLIN | (writes ? POLLOUT : 0))))
        return cut(during);
    }
  }

  Result<void> shake_hands() {
    ssh_set_blocking(get(), 0);
    const auto rc = persist(SSH_AGAIN, "the handshake", [&] { return ssh_connect(get()); });
    if (!rc) return rc.error();
    if (*rc == SSH_OK) return {};
    return Error{Remedy::retry, fmt::format("ssh to {}: {}", where(), said())};
  }

  std::string fingerprint() const {
    ssh_key raw = nullptr;
    if (ssh_get_server_publickey(get(), &raw) != SSH_OK) return "unknown";
    const Key key(raw);
    unsigned char* hash = nullptr;
    std::size_t length = 0;
    if (ssh_get_publickey_hash(raw, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) != SSH_OK)
      return "unknown";
    const CString text(ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length));
    ssh_clean_pubkey_hash(&hash);
    const char* type = ssh_key_type_to_char(ssh_key_type(raw));
    return fmt::format("{} {}", type ? type : "key", text ? text.get() : "unknown");
  }

  Error refused(std::string_view what) const {
    char* line = nullptr;
    const bool has_line = ssh_session_export_known_hosts_entry(get(), &line) == SSH_OK;
    const CString owned(has_line ? line : nullptr);
    const CString file(option(SSH_OPTIONS_KNOWNHOSTS));
    std::string text = fmt::format(
        "ssh to {}: {} ({}). If that is what `ssh-keygen -lf` says of the key on the host itself, "
        "put it into {}",
        where(), what, fingerprint(), file ? one_line(file.get()) : "~/.ssh/known_hosts");
    if (owned) text += ": " + one_line(owned.get());
    while (!text.empty() && (text.back() == ';' || text.back() == ' ')) text.pop_back();
    return {Remedy::give_up, text};
  }

  Result<void> check_host_key() {
    switch (ssh_session_is_known_server(get())) {
      case SSH_KNOWN_HOSTS_OK:
        return {};
      case SSH_KNOWN_HOSTS_CHANGED:
        return refused(
            "its key is not the one in known_hosts, so this may be another machine that "
            "poses as it");
      case SSH_KNOWN_HOSTS_OTHER:
        return refused("known_hosts has a key of another type for it");
      case SSH_KNOWN_HOSTS_UNKNOWN:
      case SSH_KNOWN_HOSTS_NOT_FOUND:
        return refused("its key is not in known_hosts");
      case SSH_KNOWN_HOSTS_ERROR:
        break;
    }
    return Error{Remedy::give_up, fmt::format("ssh to {}: known_hosts: {}", where(), said())};
  }

  Result<void> authenticate() {
    const auto none =
        persist(SSH_AUTH_AGAIN, "logging in", [&] { return ssh_userauth_none(get(), nullptr); });
    if (!none) return none.error();
    if (*none == SSH_AUTH_SUCCESS) return {};
    const auto rc = transport_.identity_file ? with_identity() : with_any_key();
    if (!rc) return rc.error();
    if (*rc == SSH_AUTH_SUCCESS) return {};
    const CString user(option(SSH_OPTIONS_USER));
    return Error{Remedy::give_up,
                 fmt::format("ssh to {}: user '{}' is not let in with {}", where(),
                             user ? one_line(user.get()) : "",
                             transport_.identity_file
                                 ? fmt::format("the key in {}", *transport_.identity_file)
                                 : "any key of the agent or of ~/.ssh")};
  }

  Result<int> with_any_key() {
    return persist(SSH_AUTH_AGAIN, "logging in",
                   [&] { return ssh_userauth_publickey_auto(get(), nullptr, nullptr); });
  }

  Result<int> with_identity() {
    const std::string file = in_folder(*transport_.identity_file);
    ssh_key raw = nullptr;
    const auto no_passphrase = [](const char*, char*, std::size_t, int, int, void*) { return -1; };
    const int rc = ssh_pki_import_privkey_file(file.c_str(), nullptr, no_passphrase, nullptr, &raw);
    if (rc == SSH_EOF)
      return Error{Remedy::give_up,
                   fmt::format("cannot read the identity file '{}'", one_line(file))};
    if (rc != SSH_OK)
      return Error{
          Remedy::give_up,
          fmt::format("the identity file '{}' is no private key, or has a passphrase: give "
                      "that to ssh-agent and leave out `identity_file`",
                      one_line(file))};
    const Key key(raw);
    return persist(SSH_AUTH_AGAIN, "logging in",
                   [&] { return ssh_userauth_publickey(get(), nullptr, raw); });
  }

  const SshTransport& transport_;
  const std::filesystem::path& folder_;
  std::stop_token stop_;
  StopWake wake_;
  steady_clock::time_point deadline_;
  SshSession session_;
};

}  // namespace

void CloseSession::operator()(ssh_session_struct* session) const {
  if (ssh_is_connected(session)) ssh_disconnect(session);
  ssh_free(session);
}

Result<SshSession> ssh_login(const SshTransport& transport, const std::filesystem::path& folder,
                             std::stop_token stop) {
  return Login(transport, folder, std::move(stop)).run();
}

}  // namespace zr
