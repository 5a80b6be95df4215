#include "executor/run/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <thread>
#include <utility>

#include "executor/progress/progress_text.h"
#include "executor/run/journal_json.h"
#include "planner/render.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view another_place =
    "give the local host another `state \"dir\"`, or run as a user that may write there";

Error failed(std::string_view doing, const fs::path& path, int error) {
  return {Remedy::give_up, fmt::format("cannot {} {}: {}; {}", doing, path.string(),
                                       std::generic_category().message(error), another_place)};
}

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (!value || *value == '\0') return {};
  return value;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "this machine";
  return name.data();
}

// The holder writes its name right after it got the lock, so that a moment's patience finds it.
std::optional<LockOwner> read_owner(int fd) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    std::array<char, 8192> text;
    const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
    if (n < 0) return {};
    if (auto owner = parse_owner({text.data(), static_cast<std::size_t>(n)})) return owner;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return {};
}

LockHeld held(const SiteName& site, const fs::path& path, std::optional<LockOwner> owner) {
  std::string message = fmt::format(
      "site {} is locked by another run: {}; wait for it to end (the lock is {})", site.value,
      owner ? owner->str() : "one that has not said who it is", path.string());
  return {std::move(owner), std::move(message)};
}

// 0, or what went wrong: then nothing of it stays, since half a line names nobody.
int write_owner(int fd, const LockOwner& self) {
  const std::string line = owner_line(self) + "\n";
  if (::ftruncate(fd, 0) != 0) return errno;
  const ssize_t n = ::pwrite(fd, line.data(), line.size(), 0);
  if (n == static_cast<ssize_t>(line.size())) return 0;
  const int error = n < 0 ? errno : ENOSPC;
  return ::ftruncate(fd, 0) == 0 ? error : errno;
}

int try_flock(int fd) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

// Whether the name still stands for the file that was locked: someone may have removed it in
// between, and then the lock would keep nobody out.
bool still_named(int fd, const fs::path& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(fd, &ours) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

}  // namespace

std::string LockOwner::str() const {
  return one_line(fmt::format("{}, pid {}, since {} ({})", host, pid, format_time(since), command));
}

LockOwner this_process(std::string command, Millis now) {
  return {host_name(), ::getpid(), now, std::move(command)};
}

// The content goes first: an empty lock file misleads nobody.
SiteLock::~SiteLock() {
  if (file_.get() >= 0 && ::ftruncate(file_.get(), 0) != 0) {
    // The lock ends all the same; the next owner overwrites what it says.
  }
}

Result<std::variant<SiteLock, LockHeld>> lock_site(const fs::path& state_dir, const SiteName& site,
                                                   const LockOwner& self) {
  using Either = std::variant<SiteLock, LockHeld>;
  if (!is_identifier(site.value)) {
    return Error{Remedy::give_up, fmt::format("\"{}\" names no site", one_line(site.value))};
  }
  if (auto made = make_state_dir(state_dir); !made) return made.error();
  const fs::path path = state_dir / (site.value + ".lock");
  for (;;) {
    Descriptor file(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (file.get() < 0) return failed("open the lock", path, errno);
    const int error = try_flock(file.get());
    if (error == EWOULDBLOCK) return Either(held(site, path, read_owner(file.get())));
    if (error != 0) return failed("take the lock", path, error);
    if (!still_named(file.get(), path)) continue;
    if (const int unwritten = write_owner(file.get(), self); unwritten != 0) {
      return failed("write the lock", path, unwritten);
    }
    return Either(SiteLock(std::move(file)));
  }
}

StateSurroundings state_surroundings() {
  return {::geteuid() == 0, environment("XDG_STATE_HOME"), environment("HOME")};
}

Result<fs::path> state_dir(const Policy& policy, const StateSurroundings& around) {
  for (const Host& host : policy.hosts) {
    if (host.is_local() && host.state_dir) return fs::path(*host.state_dir);
  }
  if (around.root) return fs::path("/var/lib/zrepl");
  // The XDG specification wants relative paths ignored.
  if (around.xdg_state_home && fs::path(*around.xdg_state_home).is_absolute()) {
    return fs::path(*around.xdg_state_home) / "zrepl";
  }
  if (around.home) return fs::path(*around.home) / ".local" / "state" / "zrepl";
  return Error{Remedy::give_up,
               "there is no place for the lock and the journal: neither XDG_STATE_HOME nor HOME is "
               "set; set one, or give the local host a `state \"dir\"`"};
}

Result<void> make_state_dir(const fs::path& dir) {
  std::error_code ignored;
  if (fs::is_directory(dir, ignored)) return {};
  if (dir.has_parent_path() && dir.parent_path() != dir) {
    if (auto made = make_state_dir(dir.parent_path()); !made) return made;
  }
  if (::mkdir(dir.c_str(), 0700) == 0 || (errno == EEXIST && fs::is_directory(dir, ignored))) {
    return {};
  }
  return failed("make the state folder", dir, errno);
}

}  // namespace zr
