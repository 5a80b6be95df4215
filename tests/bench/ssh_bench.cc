#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

#include "executor/machine/descriptor.h"
#include "executor/machine/local_host.h"
#include "executor/ssh/command_machine.h"
#include "executor/ssh/ssh_machine.h"
#include "tests/executor/temporary_folder.h"
#include "tests/support/sshd.h"

// Bytes per second through our SSH path, beside ssh(1) with the same cipher and a bare pipe: from a
// program there to a pipe here, and the other way.
namespace zr {
namespace {

constexpr std::size_t piece = std::size_t{1} << 20;

void fail(const std::string& what) {
  fmt::print(stderr, "ssh_bench: {}\n", what);
  std::exit(1);
}

std::unique_ptr<Process> start(Machine& machine, const Argv& argv) {
  auto process = machine.spawn(argv);
  if (!process) fail(process.error().message);
  enlarge_pipe((*process)->stdout_fd());
  enlarge_pipe((*process)->stdin_fd());
  return std::move(*process);
}

void end(Process& process) {
  const auto status = process.wait(std::chrono::steady_clock::time_point::max(), {});
  if (!status || *status != 0) fail("a program failed");
}

// `bytes` of nothing, which no cipher can tell from anything else.
void fetch(Machine& machine, std::size_t bytes) {
  const auto process = start(machine, {"head", "-c", std::to_string(bytes), "/dev/zero"});
  const Descriptor nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  std::size_t got = 0;
  for (ssize_t n = 0; (n = ::splice(process->stdout_fd(), nullptr, nowhere.get(), nullptr, piece,
                                    SPLICE_F_MOVE)) > 0;)
    got += static_cast<std::size_t>(n);
  end(*process);
  if (got != bytes) fail(fmt::format("{} of {} bytes came", got, bytes));
}

void deliver(Machine& machine, std::size_t bytes) {
  const auto process = start(machine, {"sh", "-c", "cat >/dev/null"});
  LocalHost here;
  const auto source = start(here, {"head", "-c", std::to_string(bytes), "/dev/zero"});
  for (ssize_t n = 0; (n = ::splice(source->stdout_fd(), nullptr, process->stdin_fd(), nullptr,
                                    piece, SPLICE_F_MOVE)) > 0;) {
  }
  process->close_stdin();
  end(*source);
  end(*process);
}

double megabytes_per_second(std::size_t bytes, const std::function<void(std::size_t)>& move) {
  move(bytes / 16);
  double best = 0;
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    move(bytes);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::max(best, static_cast<double>(bytes) / took.count() / 1e6);
  }
  return best;
}

Argv ssh_command(const SshTransport& transport, const std::string& cipher) {
  return {"ssh",
          "-F",
          "none",
          "-c",
          cipher,
          "-p",
          std::to_string(transport.port),
          "-i",
          *transport.identity_file,
          "-o",
          "UserKnownHostsFile=" + *transport.known_hosts,
          "-o",
          "BatchMode=yes",
          "-l",
          *transport.user,
          transport.address};
}

void compare(std::size_t bytes) {
  const TemporaryFolder folder;
  const Sshd sshd(folder.path());
  const auto here = std::make_shared<LocalHost>();
  for (const std::string cipher : {"aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"}) {
    SshTransport transport = sshd.transport();
    transport.options["ciphers"] = cipher;
    auto ours = connect_ssh(transport, folder.path(), {});
    if (!ours) fail(ours.error().message);
    const auto theirs = machine_by_command(here, ssh_command(transport, cipher));
    for (const auto& [direction, move] :
         {std::pair{"from there", &fetch}, std::pair{"to there", &deliver}}) {
      const auto speed = [&](Machine& machine) {
        return megabytes_per_second(bytes, [&](std::size_t n) { move(machine, n); });
      };
      const double zrepl = speed(**ours);
      const double openssh = speed(*theirs);
      const double pipe = speed(*here);
      fmt::print("{:30} {:10}  zrepl {:5.0f} MB/s, ssh {:5.0f} ({:.2f} of it), bare pipe {:5.0f}\n",
                 cipher, direction, zrepl, openssh, zrepl / openssh, pipe);
    }
  }
}

}  // namespace
}  // namespace zr

int main(int argc, char** argv) {
  const std::size_t megabytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 400;
  zr::compare(megabytes * 1'000'000);
}
