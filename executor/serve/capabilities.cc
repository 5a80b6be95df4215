#include "executor/serve/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace zr {
namespace {

// What is left is what ZFS asks for (CAP_SYS_ADMIN), and the rights to files, owners and processes
// that wrappers around zfs(8) may use. CAP_SYS_RAWIO is also what reads all memory in /proc/kcore.
constexpr int dropped[] = {CAP_SYS_MODULE,
                           CAP_SYS_RAWIO,
                           CAP_SYS_BOOT,
                           CAP_SYS_TIME,
                           CAP_SYS_PTRACE,
                           CAP_SYS_PACCT,
                           CAP_SYS_CHROOT,
                           CAP_SYSLOG,
                           CAP_MKNOD,
                           CAP_NET_ADMIN,
                           CAP_NET_RAW,
                           CAP_NET_BROADCAST,
                           CAP_NET_BIND_SERVICE,
                           CAP_MAC_ADMIN,
                           CAP_MAC_OVERRIDE,
                           CAP_AUDIT_CONTROL,
                           CAP_AUDIT_WRITE,
                           CAP_AUDIT_READ,
                           CAP_WAKE_ALARM,
                           CAP_SYS_TTY_CONFIG,
                           CAP_SETFCAP,
                           CAP_LINUX_IMMUTABLE,
                           CAP_IPC_OWNER,
                           CAP_PERFMON,
                           CAP_BPF,
                           CAP_CHECKPOINT_RESTORE,
                           CAP_SETPCAP};

using Sets = std::array<__user_cap_data_struct, 2>;

constexpr std::uint64_t dropped_bits() {
  std::uint64_t bits = 0;
  for (const int capability : dropped) bits |= std::uint64_t{1} << capability;
  return bits;
}

Sets without_dropped(Sets sets) {
  for (std::size_t word = 0; word < sets.size(); ++word) {
    const auto kept = static_cast<std::uint32_t>(~dropped_bits() >> (32 * word));
    sets[word].effective &= kept;
    sets[word].permitted &= kept;
    sets[word].inheritable &= kept;
  }
  return sets;
}

// 0 or an errno. EINVAL is a capability that the kernel does not know yet.
int drop_from_bounding_set() {
  for (const int capability : dropped) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL) return errno;
  }
  return 0;
}

}  // namespace

Protection drop_capabilities() {
  const auto failed = [](int error) {
    return Protection{"capabilities dropped", false, std::generic_category().message(error)};
  };
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Sets had{};
  if (::syscall(SYS_capget, &header, had.data()) != 0) return failed(errno);
  const bool has_any = had[0].permitted != 0 || had[1].permitted != 0;
  // Who has none can't take them from the bounding set, and gains none under no_new_privs.
  if (const int error = drop_from_bounding_set(); error != 0 && has_any) return failed(error);
  Sets rest = without_dropped(had);
  if (::syscall(SYS_capset, &header, rest.data()) != 0) return failed(errno);
  return {"capabilities dropped", true};
}

}  // namespace zr
