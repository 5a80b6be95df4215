#include "executor/serve/isolation.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <string>
#include <thread>

#include "executor/machine/descriptor.h"
#include "executor/machine/local_host.h"
#include "executor/serve/landlock.h"
#include "executor/sim/sim_file.h"
#include "executor/text_file.h"
#include "planner/json.h"
#include "tests/executor/scripts.h"

namespace zr {
namespace {

// What `look` returns in a process of its own, which it is for good.
std::string in_a_process(const std::function<std::string()>& look) {
  auto pipe = make_pipe();
  if (!pipe) FAIL(pipe.error().message);
  std::fflush(nullptr);  // what is in stdout's buffer is this process's to write, and only once
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(pipe->write.get(), STDOUT_FILENO);
    const std::string said = look();
    const ssize_t written = ::write(STDOUT_FILENO, said.data(), said.size());
    ::_exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  pipe->write.reset();
  std::string said;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(pipe->read.get(), buffer, sizeof buffer)) > 0;) {
    said.append(buffer, static_cast<std::size_t>(n));
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  return said;
}

using Look = std::function<std::string(const Protections&)>;
std::string isolated(const IsolationNeeds& needs, const Look& look) {
  return in_a_process([&] { return look(isolate(needs)); });
}

IsolationNeeds running_programs() {
  IsolationNeeds needs;
  needs.runs_programs = true;
  return needs;
}

// Tells, once for all, what can't be seen here, and whether it can.
bool here(const std::string& name) {
  std::string said = in_a_process([&] {
    const Protections got = isolate({});
    return got.active(name) ? "" : got.text();
  });
  if (!said.empty()) MESSAGE("not looked at, for here ", name, " is not active: ", said);
  return said.empty();
}

std::string errno_name(bool done) { return done ? "done" : ::strerrorname_np(errno); }

std::string opened(const std::string& path, int flags) {
  const Descriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  return errno_name(file.get() >= 0);
}
std::string socket_of(int domain, int type = SOCK_STREAM) {
  const Descriptor got(::socket(domain, type | SOCK_CLOEXEC, 0));
  return errno_name(got.get() >= 0);
}
std::string called(long call, long a = 0, long b = 0, long c = 0) {
  return errno_name(::syscall(call, a, b, c) >= 0);
}

std::string renamed(const std::filesystem::path& from, const std::filesystem::path& to) {
  return errno_name(::rename(from.c_str(), to.c_str()) == 0);
}

// The elements of a list, other than the operands of +, are evaluated from left to right.
std::string in_order(std::initializer_list<std::string> results) {
  std::string line;
  for (const std::string& result : results) line += (line.empty() ? "" : " ") + result;
  return line + "\n";
}

std::string printed_by(const Argv& argv) {
  LocalHost host;
  const auto output =
      run_command(host, argv, {std::chrono::steady_clock::now() + std::chrono::seconds(20), {}});
  if (!output) return output.error().message;
  return output->status == 0 ? output->out : std::to_string(output->status) + output->err;
}

}  // namespace

TEST_CASE("an isolated process has three descriptors, no environment, no cores, and is in /") {
  ::setenv("ZREPL_TEST_SECRET", "x", 1);
  const Descriptor extra(::open("/dev/null", O_RDONLY));
  const std::string said = isolated(running_programs(), [&](const Protections&) {
    std::string text;
    for (char** entry = environ; *entry != nullptr; ++entry) text += std::string(*entry) + "\n";
    rlimit cores{1, 1};
    ::getrlimit(RLIMIT_CORE, &cores);
    text += "cores " + std::to_string(cores.rlim_cur) + " " + std::to_string(cores.rlim_max);
    text += " dumpable " + std::to_string(::prctl(PR_GET_DUMPABLE));
    text += " mask " + std::to_string(::umask(0));
    text += " extra " + errno_name(::fcntl(extra.get(), F_GETFD) >= 0);
    text += " in " + std::filesystem::current_path().string();
    return text;
  });
  ::unsetenv("ZREPL_TEST_SECRET");
  CHECK(said ==
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C\n"
        "cores 0 0 dumpable 0 mask 63 extra EBADF in /");
}

TEST_CASE("a standard descriptor that was closed is no file's") {
  const std::string said = in_a_process([] {
    ::close(STDIN_FILENO);
    ::close(STDERR_FILENO);
    isolate({});
    const Descriptor next(::open("/dev/null", O_RDONLY));
    return std::to_string(next.get());
  });
  CHECK(said == "3");
}

TEST_CASE("what is active is said in one line, and what is not with its reason") {
  Protections some;
  CHECK(some.text() == "none");
  some.all = {{"no_new_privs", true}, {"landlock", true, "ABI 3"}, {"seccomp", false, "why"}};
  CHECK(some.text() == "no_new_privs, landlock (ABI 3); not active: seccomp (why)");
  CHECK(some.active("landlock"));
  CHECK_FALSE(some.active("seccomp"));
  CHECK_FALSE(some.active("other"));
}

TEST_CASE("what is said to be active is what the kernel says") {
  const std::string said = isolated({}, [](const Protections& got) -> std::string {
    const bool seccomp = ::prctl(PR_GET_SECCOMP) == 2;
    if (got.active("seccomp") != seccomp) return "seccomp: " + got.text();
    if (got.active("no_new_privs") != (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1))
      return "no_new_privs: " + got.text();
    for (const char* name : {"3 descriptors", "environment cleared", "no core dumps",
                             "not dumpable", "umask 077", "in /"}) {
      if (!got.active(name)) return name + (": " + got.text());
    }
    return "";
  });
  CHECK(said == "");
}

TEST_CASE("where zfs is run by sudo, privileges can be gained, and that is said") {
  IsolationNeeds needs = running_programs();
  needs.elevates = true;
  const std::string said = isolated(needs, [](const Protections& got) {
    return std::to_string(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) + " " + got.text();
  });
  CHECK(
      said ==
      "0 3 descriptors, environment cleared, no core dumps, not dumpable, umask 077, in /; "
      "not active: no_new_privs (zfs is run as root by sudo or doas), capabilities "
      "dropped (needs no_new_privs), landlock (needs no_new_privs), seccomp (needs no_new_privs)");
}

TEST_CASE("of root's capabilities those that ZFS needs are left, to programs too") {
  const auto capabilities = [] {
    const std::string line = printed_by({"grep", "^CapEff", "/proc/self/status"});
    return std::stoull(line.substr(line.find('\t') + 1), nullptr, 16);
  };
  if (!here("capabilities dropped")) return;
  const std::string said = isolated(running_programs(), [&](const Protections& got) {
    return got.active("capabilities dropped") ? std::to_string(capabilities()) : got.text();
  });
  constexpr auto bit = [](int capability) { return 1ULL << capability; };
  const auto left = std::stoull(said);
  CHECK((left & (bit(CAP_SYS_MODULE) | bit(CAP_SYS_RAWIO) | bit(CAP_BPF))) == 0);
  constexpr auto needed = bit(CAP_SYS_ADMIN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_CHOWN);
  CHECK((left & needed) == (capabilities() & needed));
}

TEST_CASE("system calls that nothing here makes are denied") {
  if (!here("seccomp")) return;
  const std::string said = isolated(running_programs(), [](const Protections& got) {
    // Under the address sanitizer ptrace(2) is its own.
    const bool traceable = got.text().find("without ptrace") != std::string::npos;
    return in_order({socket_of(AF_INET), socket_of(AF_INET6), socket_of(AF_NETLINK, SOCK_RAW),
                     socket_of(AF_UNIX)}) +
           in_order({called(SYS_unshare, CLONE_NEWUSER),
                     called(SYS_clone, long{CLONE_NEWUSER} | SIGCHLD), called(SYS_clone3)}) +
           in_order({called(SYS_bpf), called(SYS_keyctl), called(SYS_io_uring_setup),
                     called(SYS_process_vm_readv, ::getpid()), called(SYS_init_module)}) +
           in_order({errno_name(::mount("none", "/mnt", "tmpfs", 0, nullptr) == 0),
                     errno_name(::umount2("/proc", 0) == 0), called(SYS_ioctl, 0, TIOCSTI),
                     traceable ? "EPERM" : errno_name(::ptrace(PTRACE_TRACEME, 0, 0, 0) == 0)});
  });
  CHECK(said ==
        "EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT\nEPERM EPERM ENOSYS\n"
        "EPERM EPERM EPERM EPERM EPERM\nEPERM EPERM EPERM EPERM\n");
}

#ifdef __x86_64__
TEST_CASE("the filter is not got around by the numbers of another architecture") {
  if (!here("seccomp")) return;
  const std::string said = isolated(running_programs(), [](const Protections&) {
    constexpr long x32 = 0x40000000;
    return called(x32 + SYS_getpid) + " " + called(x32 + SYS_socket, AF_INET, SOCK_STREAM);
  });
  CHECK(said == "ENOSYS ENOSYS");
}
#endif

TEST_CASE("the filter holds threads that were there before, and what is started after") {
  if (!here("seccomp")) return;
  const std::string said = in_a_process([] {
    std::atomic<bool> isolated_now = false;
    std::string text;
    std::thread older([&] {
      while (!isolated_now) std::this_thread::yield();
      text += socket_of(AF_INET) + " ";
    });
    const Protections got = isolate({});
    isolated_now = true;
    older.join();
    std::thread([&] { text += socket_of(AF_INET) + " "; }).join();
    return text + got.text();
  });
  CHECK(said.find("EAFNOSUPPORT EAFNOSUPPORT ") == 0);
  // What is not of all threads is not said to be there.
  CHECK(said.find("capabilities dropped (not of ") > said.find("not active: "));
  CHECK((landlock_abi() <= 0 || said.find("landlock (ABI ") > said.find("not active: ")));
}

TEST_CASE("programs run, restricted as their parent is") {
  const TemporaryFolder folder;
  const std::string script = write_script(folder, "zfs", "echo \"$PATH\" | cat; exec printf end");
  IsolationNeeds needs = running_programs();
  needs.readable_files = {folder.path().string()};
  const std::string said = isolated(needs, [&](const Protections&) {
    return printed_by({"true"}) + printed_by({script}) +
           printed_by({"grep", "^NoNewPrivs", "/proc/self/status"});
  });
  CHECK(said ==
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nendNoNewPrivs:\t1\n");
}

TEST_CASE("no program runs where none is needed") {
  if (!here("seccomp") && !here("landlock")) return;
  CHECK(isolated({}, [](const Protections&) {
          return printed_by({"true"});
        }).find("can't run 'true'") == 0);
}

TEST_CASE("only files that are needed can be opened") {
  if (!here("landlock")) return;
  const TemporaryFolder inside, outside;
  write_content(outside / "secret", "x");
  write_content(outside / "site.zr", "x");
  IsolationNeeds needs = running_programs();
  needs.writable_folders = {inside.path().string()};
  needs.readable_files = {(outside / "site.zr").string()};
  const std::string said = isolated(needs, [&](const Protections&) {
    return in_order({opened(outside / "secret", O_RDONLY),
                     opened(outside / "new", O_WRONLY | O_CREAT), opened("/etc/shadow", O_RDONLY),
                     opened("/etc/passwd", O_WRONLY)}) +
           in_order({opened(outside / "site.zr", O_RDONLY), opened(outside / "site.zr", O_WRONLY),
                     opened("/etc/passwd", O_RDONLY), opened("/dev/null", O_RDWR)}) +
           in_order({opened(inside / "new", O_RDWR | O_CREAT),
                     renamed(inside / "new", inside / "newer"),
                     renamed(inside / "newer", outside / "new"),
                     opened(inside / "newer", O_WRONLY | O_TRUNC)});
  });
  CHECK(said == "EACCES EACCES EACCES EACCES\ndone EACCES done done\ndone done EACCES done\n");
}

TEST_CASE("what is written can't be run") {
  if (!here("landlock")) return;
  const TemporaryFolder folder;
  const std::string script = write_script(folder, "dropped", "echo ran");
  IsolationNeeds needs = running_programs();
  needs.writable_folders = {folder.path().string()};
  CHECK(isolated(needs, [&](const Protections&) {
          return printed_by({script});
        }).find("Permission denied") != std::string::npos);
}

TEST_CASE("a simulated host is changed in its folder without programs") {
  const TemporaryFolder folder;
  World world;
  world.hosts[HostName{"a"}];
  REQUIRE(write_text_file(folder / "world.json", world_to_json(world)));
  IsolationNeeds needs;
  needs.writable_folders = {folder.path().string()};
  const std::string said = isolated(needs, [&](const Protections&) -> std::string {
    const auto file = SimFile::open(folder / "world.json");
    if (!file) return file.error().message;
    const auto edited = (*file)->edit([](World& w) { w.hosts[HostName{"b"}]; });
    return edited ? "" : edited.error().message;
  });
  CHECK(said == "");
  CHECK(content_of(folder / "world.json").find("\"b\"") != std::string::npos);
}

TEST_CASE("a user who is not root is isolated likewise") {
  if (::geteuid() != 0) return;
  const bool landlock = here("landlock");
  const TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0777);
  IsolationNeeds needs = running_programs();
  needs.writable_folders = {folder.path().string()};
  const std::string said = in_a_process([&] {
    constexpr uid_t nobody = 65534;
    if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) return std::string("can't be nobody");
    const Protections got = isolate(needs);
    return (got.active("landlock") == landlock ? "" : got.text()) +
           opened(folder / "new", O_WRONLY | O_CREAT) + " " + printed_by({"id", "-u"});
  });
  CHECK(said == "done 65534\n");
}

TEST_CASE("a kernel without Landlock is no obstacle") {
  const Protection none = restrict_files({}, -ENOSYS);
  CHECK_FALSE(none.active);
  CHECK(none.detail == "the kernel has none");
  CHECK(restrict_files({}, -EOPNOTSUPP).detail == "the kernel was started without it");
  CHECK(restrict_files({}, -EPERM).detail == "Operation not permitted");
}

TEST_CASE("of every version of Landlock what it has is used") {
  const int newest = landlock_abi();
  for (int abi = 1; abi <= newest; ++abi) {
    CAPTURE(abi);
    const TemporaryFolder inside;
    IsolationNeeds needs = running_programs();
    needs.writable_folders = {inside.path().string(), "/nowhere/at/all"};
    const std::string said = in_a_process([&] {
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      const Protection got = restrict_files(needs, abi);
      return got.detail + " " + opened(inside / "new", O_WRONLY | O_CREAT | O_TRUNC) + " " +
             opened("/etc/shadow", O_RDONLY) + " " + printed_by({"echo", "ran"});
    });
    CHECK(said == "ABI " + std::to_string(abi) +
                      ", without /nowhere/at/all: No such file or directory done EACCES ran\n");
  }
}

}  // namespace zr
