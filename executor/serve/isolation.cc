#include "executor/serve/isolation.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "executor/serve/capabilities.h"
#include "executor/serve/denied_calls.h"
#include "executor/serve/landlock.h"

namespace zr {
namespace {

Protection done_or_errno(std::string name, bool done) {
  if (done) return {std::move(name), true};
  return {std::move(name), false, std::generic_category().message(errno)};
}

// The next file that is opened would become one of the three, and what is meant for the other side
// be written into it.
bool fill_standard_descriptors() {
  for (;;) {
    const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) return false;
    if (fd > STDERR_FILENO) {
      ::close(fd);
      return true;
    }
    ::fcntl(fd, F_SETFD, 0);
  }
}

bool close_one_by_one() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX) return false;
  for (int fd = STDERR_FILENO + 1; fd < static_cast<int>(limit.rlim_cur); ++fd) ::close(fd);
  return true;
}

Protection close_descriptors() {
  const bool filled = fill_standard_descriptors();
  const int error = filled ? 0 : errno;
  const bool closed = ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0 ||
                      (errno == ENOSYS && close_one_by_one());
  if (closed) errno = error;
  return done_or_errno("3 descriptors", filled && closed);
}

Protection clear_environment() {
  const bool cleared =
      ::clearenv() == 0 &&
      ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1) == 0 &&
      ::setenv("LANG", "C", 1) == 0;
  return done_or_errno("environment cleared", cleared);
}

Protection forbid_cores() {
  const rlimit none{0, 0};
  return done_or_errno("no core dumps", ::setrlimit(RLIMIT_CORE, &none) == 0);
}

// Other processes of the same user can't look into it or trace it, and so not speak in its place.
Protection hide_from_debuggers() {
  return done_or_errno("not dumpable", ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}

Protection restrict_new_files() {
  ::umask(077);
  return {"umask 077", true};
}

Protection leave_folder() { return done_or_errno("in /", ::chdir("/") == 0); }

std::ptrdiff_t other_threads() {
  std::error_code error;
  const std::filesystem::directory_iterator threads("/proc/self/task", error);
  return error ? 0 : std::distance(begin(threads), end(threads)) - 1;
}

// Of something that the kernel does to the thread that asks for it.
Protection unless_others_go_without(Protection protection) {
  const std::ptrdiff_t others = other_threads();
  if (protection.active && others > 0) {
    protection.active = false;
    protection.detail += fmt::format("{}not of {} other threads, which were there before",
                                     protection.detail.empty() ? "" : ", ", others);
  }
  return protection;
}

void give_up_privileges(const IsolationNeeds& needs, std::vector<Protection>& all) {
  if (needs.elevates) {
    all.push_back({"no_new_privs", false, "zfs is run as root by sudo or doas"});
    for (const char* name : {"capabilities dropped", "landlock", "seccomp"}) {
      all.push_back({name, false, "needs no_new_privs"});
    }
    return;
  }
  all.push_back(done_or_errno("no_new_privs", ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0));
  all.push_back(unless_others_go_without(drop_capabilities()));
  all.push_back(unless_others_go_without(restrict_files(needs, landlock_abi())));
  all.push_back(deny_calls(needs));
}

std::string with_detail(const Protection& protection) {
  if (protection.detail.empty()) return protection.name;
  return fmt::format("{} ({})", protection.name, protection.detail);
}

}  // namespace

bool Protections::active(std::string_view name) const {
  return std::any_of(all.begin(), all.end(),
                     [&](const Protection& p) { return p.active && p.name == name; });
}

std::string Protections::text() const {
  std::string on, off;
  for (const Protection& protection : all) {
    std::string& list = protection.active ? on : off;
    list += (list.empty() ? "" : ", ") + with_detail(protection);
  }
  if (on.empty()) on = "none";
  return off.empty() ? on : on + "; not active: " + off;
}

Protections isolate(const IsolationNeeds& needs, const std::function<void()>& open) {
  // Before there are new files, and while no restriction is in the way of the rest.
  std::vector<Protection> rest = {close_descriptors(),   clear_environment(),  forbid_cores(),
                                  hide_from_debuggers(), restrict_new_files(), leave_folder()};
  open();
  Protections result;
  give_up_privileges(needs, result.all);
  std::move(rest.begin(), rest.end(), std::back_inserter(result.all));
  return result;
}

}  // namespace zr
