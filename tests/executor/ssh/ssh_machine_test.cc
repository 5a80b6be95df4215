#include "executor/ssh/ssh_machine.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <ctime>
#include <numeric>
#include <thread>

#include "executor/machine/descriptor.h"
#include "tests/executor/temporary_folder.h"
#include "tests/support/sshd.h"

namespace zr {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

struct There {
  explicit There(const std::string& extra = {}) : sshd(folder.path(), extra) {}

  Result<std::unique_ptr<SshMachine>> connect(const SshTransport& transport) {
    return connect_ssh(transport, folder.path(), {});
  }
  std::unique_ptr<Machine> machine() {
    auto made = connect(sshd.transport());
    if (!made) FAIL(made.error().message << "\n" << sshd.log());
    return std::move(*made);
  }

  TemporaryFolder folder;
  Sshd sshd;
};

Output output_of(Machine& machine, const Argv& argv) {
  const auto output = run_command(machine, argv, {});
  if (!output) FAIL(output.error().message);
  return *output;
}

// Bytes that are not the same anywhere.
std::string noise(std::size_t size) {
  std::string text(size, '\0');
  std::uint64_t state = 88172645463325252U;
  for (char& c : text) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    c = static_cast<char>(state);
  }
  return text;
}

// What `cat` there gives back, written and read at once.
std::string through_cat(Machine& machine, const std::string& text) {
  auto process = machine.spawn({"cat"});
  REQUIRE(process);
  std::thread writer([&] {
    const SigpipeGuard guard;
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t n = ::write((*process)->stdin_fd(), text.data() + at, text.size() - at);
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    (*process)->close_stdin();
  });
  std::string got;
  std::string buffer(1U << 16U, '\0');
  for (ssize_t n = 0; (n = ::read((*process)->stdout_fd(), buffer.data(), buffer.size())) > 0;)
    got.append(buffer, 0, static_cast<std::size_t>(n));
  writer.join();
  const auto status = (*process)->wait(steady_clock::now() + 20s, {});
  REQUIRE(status);
  CHECK(*status == 0);
  return got;
}

TEST_CASE("a program runs on the other side as one does here") {
  There there;
  const auto machine = there.machine();
  const Output output =
      output_of(*machine, {"sh", "-c", "echo out; echo err >&2; echo $LC_ALL; exit 3"});
  CHECK(output.status == 3);
  CHECK(output.out == "out\nC\n");
  CHECK(output.err == "err\n");
  CHECK(output_of(*machine, {"printf", "%s|", "a b", "it's", "$HOME", "!"}).out ==
        "a b|it's|$HOME|!|");
  const Output missing = output_of(*machine, {"no-such-program"});
  CHECK(missing.status == 127);
  CHECK(missing.err.find("no-such-program") != std::string::npos);
}

TEST_CASE("streams of any bytes go both ways at once, and keys may change on the way") {
  for (const char* extra : {"", "RekeyLimit 1M"}) {
    CAPTURE(extra);
    There there(extra);
    const auto machine = there.machine();
    const std::string text = noise(12'000'000);
    CHECK(through_cat(*machine, text) == text);
    CHECK(through_cat(*machine, "") == "");
  }
}

TEST_CASE("several programs run over one connection") {
  There there;
  const auto machine = there.machine();
  std::vector<std::unique_ptr<Process>> waiting;
  for (int i = 0; i < 4; ++i) {
    auto process = machine->spawn({"sh", "-c", "read x; exit 7"});
    REQUIRE(process);
    waiting.push_back(std::move(*process));
  }
  CHECK(output_of(*machine, {"echo", "between"}).out == "between\n");
  for (auto& process : waiting) {
    process->close_stdin();
    const auto status = process->wait(steady_clock::now() + 20s, {});
    REQUIRE(status);
    CHECK(*status == 7);
  }
}

TEST_CASE("a connection on which nothing happens costs nothing") {
  There there;
  const auto machine = there.machine();
  REQUIRE(output_of(*machine, {"true"}).status == 0);
  const auto computed = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  const double before = computed();
  std::this_thread::sleep_for(500ms);
  CHECK(computed() - before < 0.2);
}

TEST_CASE("a program that takes too long is ended, and so is one that nobody waits for") {
  There there;
  const auto machine = there.machine();
  {
    auto process = machine->spawn({"sleep", "1000"});
    REQUIRE(process);
    const auto status = (*process)->wait(steady_clock::now() + 100ms, {});
    REQUIRE_FALSE(status);
    CHECK(status.error().remedy == Remedy::retry);
  }
  {
    REQUIRE(
        machine->spawn({"sh", "-c", "cat; echo $$ ended >>" + (there.folder / "ended").string()}));
  }
  const auto deadline = steady_clock::now() + 20s;
  while (content_of(there.folder / "ended").empty() && steady_clock::now() < deadline)
    std::this_thread::sleep_for(10ms);
  CHECK(content_of(there.folder / "ended").find("ended") != std::string::npos);
  CHECK(output_of(*machine, {"echo", "still there"}).out == "still there\n");
}

TEST_CASE("an sshd that is killed ends what runs, with a new connection as the way out") {
  There there;
  const auto machine = there.machine();
  auto process = machine->spawn({"sleep", "1000"});
  REQUIRE(process);
  CHECK(output_of(*machine, {"true"}).status == 0);
  there.sshd.stop();
  const auto status = (*process)->wait(steady_clock::now() + 20s, {});
  REQUIRE_FALSE(status);
  CHECK(status.error().remedy == Remedy::reconnect);
  const auto next = run_command(*machine, {"true"}, {});
  REQUIRE_FALSE(next);
  CHECK(next.error().remedy == Remedy::reconnect);
}

TEST_CASE("a host whose key is unknown or has changed is refused, with its fingerprint") {
  There there;
  SshTransport transport = there.sshd.transport();
  write_content(there.folder / "empty", "");
  transport.known_hosts = (there.folder / "empty").string();
  const auto unknown = there.connect(transport);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().remedy == Remedy::give_up);
  CHECK(unknown.error().message.find("its key is not in known_hosts (ssh-ed25519 SHA256:") !=
        std::string::npos);
  CHECK(unknown.error().message.find("[127.0.0.1]:" + std::to_string(there.sshd.port()) +
                                     " ssh-ed25519 ") != std::string::npos);
  CHECK(content_of(there.folder / "empty").empty());

  there.sshd.change_host_key();
  const auto changed = there.connect(there.sshd.transport());
  REQUIRE_FALSE(changed);
  CHECK(changed.error().remedy == Remedy::give_up);
  CHECK(changed.error().message.find("its key is not the one in known_hosts") != std::string::npos);
}

TEST_CASE("a key that is not let in is an error that says which") {
  There there;
  write_content(there.folder / "authorized_keys", "");
  const auto refused = there.connect(there.sshd.transport());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().remedy == Remedy::give_up);
  CHECK(refused.error().message.find("is not let in with the key in ") != std::string::npos);

  SshTransport transport = there.sshd.transport();
  transport.identity_file = "none";
  const auto missing = there.connect(transport);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("cannot read the identity file") != std::string::npos);
  transport.identity_file = "user.pub";
  const auto wrong = there.connect(transport);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("is no private key") != std::string::npos);
}

TEST_CASE("nobody there, or nobody who answers, is an error in good time") {
  There there;
  SshTransport transport = there.sshd.transport();
  transport.connect_timeout = 1s;
  there.sshd.freeze();
  const auto begin = steady_clock::now();
  const auto hung = there.connect(transport);
  REQUIRE_FALSE(hung);
  CHECK(hung.error().remedy == Remedy::retry);
  CHECK(hung.error().message.find("took longer than 1 s") != std::string::npos);
  CHECK(steady_clock::now() - begin < 10s);
  there.sshd.stop();
  const auto nobody = there.connect(transport);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().remedy == Remedy::retry);
  CHECK(nobody.error().message.find("Connection refused") != std::string::npos);
}

TEST_CASE("a connection that is stopped while it is made does not wait") {
  There there;
  there.sshd.freeze();
  std::stop_source stop;
  std::thread soon([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  SshTransport transport = there.sshd.transport();
  transport.connect_timeout = 60s;
  const auto stopped = connect_ssh(transport, there.folder.path(), stop.get_token());
  soon.join();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().message.find("interrupted") != std::string::npos);
}

TEST_CASE("a host that opens no more sessions is one to try again later") {
  There there("MaxSessions 1");
  const auto machine = there.machine();
  auto first = machine->spawn({"sleep", "1000"});
  REQUIRE(first);
  CHECK_FALSE((*first)->wait(steady_clock::now(), {}));
  auto held = machine->spawn({"cat"});
  REQUIRE(held);
  const auto second = run_command(*machine, {"true"}, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().remedy == Remedy::retry);
  CHECK(second.error().message.find("MaxSessions") != std::string::npos);
}

TEST_CASE("the logs of a connection have what was read and written") {
  There there;
  SshTransport transport = there.sshd.transport();
  transport.log_read = "read";
  transport.log_write = "write";
  const auto connected = there.connect(transport);
  REQUIRE(connected);
  const auto& machine = *connected;
  CHECK(through_cat(*machine, "a stream") == "a stream");
  CHECK(output_of(*machine, {"sh", "-c", "echo back >&2"}).err == "back\n");
  CHECK(content_of(there.folder / "read") == "a streamback\n");
  CHECK(content_of(there.folder / "write") == "a stream");
}

TEST_CASE("the options of ssh are those of the policy") {
  There there("Ciphers aes256-ctr\nMACs hmac-sha2-512");
  SshTransport transport = there.sshd.transport();
  transport.options = {{"ciphers", "aes256-ctr"}, {"macs", "hmac-sha2-512"}};
  CHECK(there.connect(transport).has_value());
  transport.options = {{"ciphers", "aes128-ctr"}};
  CHECK_FALSE(there.connect(transport).has_value());
  transport.options = {{"forwardagent", "yes"}};
  const auto unknown = there.connect(transport);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message.find("can't set the option `forwardagent`") != std::string::npos);
}

TEST_CASE("a connection that is let go of is taken again, unless it broke") {
  There there;
  const HostName nas("nas");
  const auto pid_there = [](Machine& machine) {  // of the sshd that serves the connection
    return output_of(machine, {"sh", "-c", "echo $PPID"}).out;
  };
  SshMachines machines;
  const auto connect = [&] {
    auto machine = machines.connect(nas, there.sshd.transport(), there.folder.path(), {});
    REQUIRE(machine);
    return *machine;
  };
  std::string first;
  {
    const auto one = connect();
    const auto other = connect();
    first = pid_there(*one);
    CHECK(pid_there(*other) != first);
  }
  {
    const auto one = connect();
    const auto other = connect();
    CHECK((pid_there(*one) == first || pid_there(*other) == first));
  }
  {
    const auto broken = connect();
    there.sshd.cut();
    CHECK_FALSE(run_command(*broken, {"true"}, {}));
  }
  CHECK(output_of(*connect(), {"echo", "again"}).out == "again\n");
}

}  // namespace
}  // namespace zr
