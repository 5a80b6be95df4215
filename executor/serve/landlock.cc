#include "executor/serve/landlock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "executor/machine/descriptor.h"

namespace zr {
namespace {

using Rights = std::uint64_t;

// Of later versions than the headers of Debian 12 know.
constexpr Rights truncate_file = Rights{1} << 14;      // 3
constexpr Rights ioctl_device = Rights{1} << 15;       // 5
constexpr Rights bind_tcp = 1, connect_tcp = 2;        // 4
constexpr Rights abstract_sockets = 1, to_signal = 2;  // 6

// The kernel's landlock_ruleset_attr as of version 6. An older one takes it as long as what it does
// not know is 0.
struct RulesetAttributes {
  Rights files = 0;
  Rights net = 0;
  Rights scopes = 0;
};

RulesetAttributes all_of(int abi) {
  RulesetAttributes all;
  all.files = (Rights{LANDLOCK_ACCESS_FS_MAKE_SYM} << 1) - 1;
  if (abi >= 2) all.files |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) all.files |= truncate_file;
  if (abi >= 4) all.net = bind_tcp | connect_tcp;
  if (abi >= 5) all.files |= ioctl_device;
  if (abi >= 6) all.scopes = abstract_sockets | to_signal;
  return all;
}

constexpr Rights to_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr Rights to_run = to_read | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr Rights to_write = to_read | LANDLOCK_ACCESS_FS_WRITE_FILE | truncate_file |
                            LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                            LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                            LANDLOCK_ACCESS_FS_REFER;
constexpr Rights to_use_device =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ioctl_device;
// All that a rule for something other than a folder may have.
constexpr Rights of_a_file = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                             LANDLOCK_ACCESS_FS_READ_FILE | truncate_file | ioctl_device;

constexpr const char* program_folders[] = {"/usr",
                                           "/bin",
                                           "/sbin",
                                           "/lib",
                                           "/lib32",
                                           "/lib64",
                                           "/libx32",
                                           "/opt",
                                           "/nix/store",
                                           "/gnu/store",
                                           "/run/current-system",
                                           "/run/wrappers"};

// What the dynamic linker, the C library and libzfs look at. Not all of /etc, for as root that
// would be the passwords and the keys of hosts too.
constexpr const char* read_by_libraries[] = {"/etc/ld.so.cache",
                                             "/etc/ld.so.preload",
                                             "/etc/ld.so.conf",
                                             "/etc/ld.so.conf.d",
                                             "/etc/ld-musl-x86_64.path",
                                             "/etc/ld-musl-aarch64.path",
                                             "/etc/alternatives",
                                             "/etc/nsswitch.conf",
                                             "/etc/passwd",
                                             "/etc/group",
                                             "/etc/localtime",
                                             "/etc/locale.alias",
                                             "/etc/mtab",
                                             "/etc/hostid",
                                             "/etc/zfs",
                                             "/etc/default/zfs",
                                             "/etc/dfs",
                                             "/etc/exports",
                                             "/etc/exports.d",
                                             "/sys/module",
                                             "/sys/devices/system/cpu",
                                             "/dev/zero",
                                             "/dev/full",
                                             "/dev/random",
                                             "/dev/urandom"};

int add_rule(int ruleset, const char* path, Rights rights) {
  const Descriptor file(::open(path, O_PATH | O_CLOEXEC));
  struct stat s {};
  if (file.get() < 0 || ::fstat(file.get(), &s) != 0) return errno;
  landlock_path_beneath_attr rule{};
  rule.parent_fd = file.get();
  rule.allowed_access = S_ISDIR(s.st_mode) ? rights : rights & of_a_file;
  return ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
             ? 0
             : errno;
}

class Ruleset {
 public:
  explicit Ruleset(const RulesetAttributes& all)
      : all_(all),
        fd_(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0))) {}

  int fd() const { return fd_.get(); }

  // What a system has of it.
  void allow_if_there(const char* path, Rights rights) {
    if (const int error = add_rule(fd(), path, rights & all_.files);
        error != 0 && error != ENOENT) {
      note(path, error);
    }
  }
  void allow(const std::string& path, Rights rights) {
    if (const int error = add_rule(fd(), path.c_str(), rights & all_.files)) note(path, error);
  }

  const std::string& missing() const { return missing_; }

 private:
  void note(const std::string& path, int error) {
    missing_ += fmt::format(", without {}: {}", path, std::generic_category().message(error));
  }

  RulesetAttributes all_;
  Descriptor fd_;
  std::string missing_;
};

void allow_what_is_needed(Ruleset& rules, const IsolationNeeds& needs) {
  const Rights of_programs = needs.runs_programs ? to_run : to_read;
  for (const char* path : program_folders) rules.allow_if_there(path, of_programs);
  for (const char* path : read_by_libraries) rules.allow_if_there(path, to_read);
  // Each process has its own /proc/self.
  rules.allow_if_there(needs.runs_programs ? "/proc" : "/proc/self", to_read);
  rules.allow_if_there("/dev/null", to_use_device);
  if (needs.runs_programs) rules.allow_if_there("/dev/zfs", to_use_device);
  for (const std::string& path : needs.readable_files) rules.allow(path, of_programs);
  for (const std::string& path : needs.writable_folders) rules.allow(path, to_write);
}

std::string reason(int error) {
  if (error == ENOSYS) return "the kernel has none";
  if (error == EOPNOTSUPP) return "the kernel was started without it";
  return std::generic_category().message(error);
}

}  // namespace

int landlock_abi() {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi < 0 ? -errno : static_cast<int>(abi);
}

Protection restrict_files(const IsolationNeeds& needs, int abi) {
  if (abi <= 0) return {"landlock", false, reason(-abi)};
  Ruleset rules(all_of(abi));
  if (rules.fd() < 0) return {"landlock", false, reason(errno)};
  allow_what_is_needed(rules, needs);
  if (::syscall(SYS_landlock_restrict_self, rules.fd(), 0) != 0) {
    return {"landlock", false, reason(errno)};
  }
  return {"landlock", true, fmt::format("ABI {}{}", abi, rules.missing())};
}

}  // namespace zr
