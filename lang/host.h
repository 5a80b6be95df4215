#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lang/names.h"
#include "lang/source.h"

namespace zr {

// What a policy says about a machine: how it is reached, and what may be asked of it.

struct LocalTransport {
  bool operator==(const LocalTransport&) const = default;
};
struct SimTransport {
  std::string file;  // as written; relative to the site file's folder
  bool operator==(const SimTransport&) const = default;
};
// The options of ssh_config(5) that `option` takes.
inline constexpr std::array<std::string_view, 6> ssh_option_names{
    "ciphers", "hostkeyalgorithms",       "identityagent", "kexalgorithms",
    "macs",    "pubkeyacceptedalgorithms"};

struct SshTransport {
  std::string address;
  std::uint16_t port = 22;
  std::optional<std::string> user;
  std::optional<std::string> identity_file;
  std::optional<std::string> known_hosts;
  std::chrono::seconds connect_timeout{10};
  bool compression = false;
  std::map<std::string, std::string> options;  // of ssh_option_names -> value, as ssh_config(5) has
  std::optional<std::string> log_read;         // files that get what a connection carries
  std::optional<std::string> log_write;
  bool operator==(const SshTransport&) const = default;
};
struct CommandTransport {
  // With an agent there, its stdin and stdout reach a `zrepl serve`. Without one it is given a
  // command for the shell there as its last argument, as ssh(1) is.
  std::vector<std::string> argv;
  bool operator==(const CommandTransport&) const = default;
};

struct Host {
  HostName name;
  Origin origin;
  std::variant<LocalTransport, SimTransport, SshTransport, CommandTransport> transport;
  std::vector<std::string> zfs_argv{"zfs"};  // how zfs is run there; never a shell's text
  unsigned slots = 2;                        // connections used at once, at least 1
  std::optional<std::string> state_dir;      // where the lock and the journal live
  bool agent = false;                        // `zrepl serve` is talked to, which decides there
  std::optional<std::uint64_t> rate_bytes_per_second;  // of all streams from and to it together

  bool is_local() const { return std::holds_alternative<LocalTransport>(transport); }
};

}  // namespace zr
