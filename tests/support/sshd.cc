#include "tests/support/sshd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace zr {
namespace {

constexpr const char* program = "/usr/sbin/sshd";

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// In a session of its own, so that it and all its children can be signalled.
pid_t run(const std::vector<std::string>& argv, const std::filesystem::path& log) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::setsid();
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int in = ::open("/dev/null", O_RDONLY);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

void run_to_end(const std::vector<std::string>& argv, const std::filesystem::path& log) {
  int status = 0;
  ::waitpid(run(argv, log), &status, 0);
  if (status != 0) throw std::runtime_error(argv.front() + ": " + content(log));
}

int loopback_socket(unsigned port, const std::function<int(int, const sockaddr*, socklen_t)>& use) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (use(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

unsigned free_port() {
  const int fd = loopback_socket(0, ::bind);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string user_name() {
  const passwd* user = ::getpwuid(::getuid());
  return user ? user->pw_name : "root";
}

}  // namespace

Sshd::Sshd(std::filesystem::path folder, const std::string& extra)
    : folder_(std::move(folder)), extra_(extra), port_(free_port()) {
  for (const char* key : {"host", "user"}) {
    run_to_end({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder_ / key},
               folder_ / "keygen.log");
  }
  std::filesystem::copy_file(folder_ / "user.pub", folder_ / "authorized_keys");
  std::ofstream(folder_ / "known_hosts") << known_host();
  start();
}

std::string Sshd::known_host() const {
  return fmt::format("[127.0.0.1]:{} {}", port_, content(folder_ / "host.pub"));
}

void Sshd::start() {
  // Some versions want it even where they do not use it.
  if (::getuid() == 0) std::filesystem::create_directories("/run/sshd");
  std::ofstream(folder_ / "sshd_config") << fmt::format(
      "ListenAddress 127.0.0.1:{}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n"
      "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPrintMotd no\nSetEnv HOME={}\n{}\n",
      port_, (folder_ / "host").string(), (folder_ / "authorized_keys").string(), folder_.string(),
      extra_);
  pid_ = run({program, "-D", "-e", "-f", folder_ / "sshd_config"}, folder_ / "sshd.log");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < deadline) {
    const int fd = loopback_socket(port_, ::connect);
    if (fd >= 0) {
      ::close(fd);
      return;
    }
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("sshd does not start: " + log());
}

// sshd's children have sessions of their own; they are found by their parents.
std::vector<pid_t> Sshd::processes() const {
  std::vector<pid_t> all{pid_};
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::istringstream children(content(fmt::format("/proc/{0}/task/{0}/children", all[i])));
    for (pid_t child = 0; children >> child;) all.push_back(child);
  }
  return all;
}

void Sshd::stop() {
  if (pid_ < 0) return;
  for (const pid_t pid : processes()) ::kill(pid, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Sshd::cut() {
  for (const pid_t pid : processes())
    if (pid != pid_) ::kill(pid, SIGKILL);
}

void Sshd::freeze() {
  for (const pid_t pid : processes()) ::kill(pid, SIGSTOP);
}

void Sshd::change_host_key() {
  stop();
  std::filesystem::remove(folder_ / "host");
  std::filesystem::remove(folder_ / "host.pub");
  run_to_end({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder_ / "host"},
             folder_ / "keygen.log");
  start();
}

std::string Sshd::log() const { return content(folder_ / "sshd.log"); }

SshTransport Sshd::transport() const {
  SshTransport transport;
  transport.address = "127.0.0.1";
  transport.port = static_cast<std::uint16_t>(port_);
  transport.user = user_name();
  transport.identity_file = (folder_ / "user").string();
  transport.known_hosts = (folder_ / "known_hosts").string();
  return transport;
}

}  // namespace zr
