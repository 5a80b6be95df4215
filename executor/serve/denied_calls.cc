#include "executor/serve/denied_calls.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

#if defined(__SANITIZE_ADDRESS__)
#define ZREPL_LEAK_CHECK
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZREPL_LEAK_CHECK
#endif
#endif

namespace zr {
namespace {

#if defined(__x86_64__) && !defined(__ILP32__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__) && defined(__AARCH64EL__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t architecture = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t architecture = 0;  // where the arguments are is not known
#endif

// A list of what is denied rather than of what is allowed: which calls the libraries below zfs(8)
// make changes from one release to the next, and a stream that fails for one of them helps nobody.
constexpr long denied[] = {
// Into other processes.
#ifndef ZREPL_LEAK_CHECK  // it stops the other threads by ptrace(2)
    SYS_ptrace,
#endif
    SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd, SYS_process_madvise,
    // The kernel itself. zfs(8) would load its module, but then there is nothing to serve yet.
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_reboot, SYS_syslog, SYS_acct,
#ifdef SYS_ioperm
    SYS_ioperm, SYS_iopl,
#endif
    // It would do what is denied here in the kernel's own threads.
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
    // Mounts. zfs(8) mounts what it creates, renames or receives unless told not to, which it
    // always is (-u, canmount=off); whoever runs it without being root can't mount on Linux either;
    // and Landlock forbids it anyway, so that this only makes kernels without it behave the same.
    SYS_mount, SYS_umount2, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsconfig, SYS_fsmount,
    SYS_fspick, SYS_mount_setattr, SYS_pivot_root, SYS_chroot, SYS_swapon, SYS_swapoff,
    SYS_quotactl, SYS_quotactl_fd,
    // Namespaces; see clone(2) below.
    SYS_setns, SYS_unshare,
    // Keys of the kernel's keyring; those of encrypted datasets never are in it.
    SYS_add_key, SYS_request_key, SYS_keyctl,
    // Files by something other than a path, devices, and watching all that others do to theirs.
    SYS_open_by_handle_at, SYS_fanotify_init, SYS_mknodat,
#ifdef SYS_mknod
    SYS_mknod,
#endif
    // The machine's clock and name.
    SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_sethostname,
    SYS_setdomainname, SYS_vhangup};

class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
    answer(ENOSYS);
    load(offsetof(seccomp_data, nr));
#ifdef __x86_64__
    constexpr std::uint32_t x32 = 0x40000000;  // the same calls by other numbers
    add(BPF_JMP | BPF_JGE | BPF_K, x32, 0, 1);
    answer(ENOSYS);
#endif
  }

  void deny(long call, std::uint32_t error) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    answer(error);
  }

  // Denies the call when its argument is one of the values; all of them are 32 bits to the kernel.
  void deny_values(long call, std::size_t argument, const std::vector<std::uint32_t>& values,
                   std::uint32_t error) {
    begin_arguments(call, argument, 2 * values.size());
    for (const std::uint32_t value : values) {
      add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
      answer(error);
    }
    allow();
  }
  void deny_bits(long call, std::size_t argument, std::uint32_t bits, std::uint32_t error) {
    begin_arguments(call, argument, 2);
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    answer(error);
    allow();
  }

  // 0 or an errno.
  int install() {
    allow();
    sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    const long rc =
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (rc == 0) return 0;
    return rc > 0 ? EBUSY : errno;  // above 0: the thread that has a filter of its own
  }

 private:
  void add(int code, std::uint32_t value, std::size_t if_so = 0, std::size_t if_not = 0) {
    code_.push_back({static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(if_so),
                     static_cast<std::uint8_t>(if_not), value});
  }
  void load(std::size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  }
  void answer(std::uint32_t error) { add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error); }
  void allow() { add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW); }

  // What follows, `length` instructions and an allow(), is only for that call.
  void begin_arguments(long call, std::size_t argument, std::size_t length) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, length + 2);
    load(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t));
  }

  std::vector<sock_filter> code_;
};

void deny_namespaces(Filter& filter) {
  constexpr std::uint32_t new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                           CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                           CLONE_NEWNET;
  filter.deny_bits(SYS_clone, 0, new_namespaces, EPERM);
  // Its flags are in memory, where a filter can't see them; the C library then takes clone(2).
  filter.deny(SYS_clone3, ENOSYS);
}

}  // namespace

Protection deny_calls(const IsolationNeeds& needs) {
  if (architecture == 0) return {"seccomp", false, "not known for this processor"};
  Filter filter;
  for (const long call : denied) filter.deny(call, EPERM);
  if (!needs.runs_programs) {
    filter.deny(SYS_execve, EPERM);
    filter.deny(SYS_execveat, EPERM);
  }
  // Not to other machines, and not to what would do here what this process may not: under root an
  // init or a container engine listens to whoever can connect.
  filter.deny(SYS_socket, EAFNOSUPPORT);
  deny_namespaces(filter);
  // Typing into the terminal of whoever started this.
  filter.deny_values(SYS_ioctl, 1, {TIOCSTI, TIOCLINUX}, EPERM);
  const int error = filter.install();
  if (error != 0) {
    return {"seccomp", false,
            error == ENOSYS || error == EINVAL ? "the kernel has none"
                                               : std::generic_category().message(error)};
  }
#ifdef ZREPL_LEAK_CHECK
  return {"seccomp", true, "without ptrace, for the sanitizer's sake"};
#else
  return {"seccomp", true};
#endif
}

}  // namespace zr
