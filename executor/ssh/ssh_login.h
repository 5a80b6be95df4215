#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "executor/result.h"
#include "lang/host.h"

struct ssh_session_struct;

namespace zr {

struct CloseSession {
  void operator()(ssh_session_struct*) const;
};
// A connection whose other end was proven to be the host, and to which we were proven to be the
// user. Nonblocking. With one thread at a time.
using SshSession = std::unique_ptr<ssh_session_struct, CloseSession>;

// Connects and logs in, with keys only: the identity file if one is named, else the agent's and
// those that ssh(1) would try. What ~/.ssh/config says of the address counts, and what the
// transport says counts more. The host's key has to be in known_hosts, always; one that is not
// there or is another is an error with its fingerprint. Relative files are those of `folder`. A
// host that can't be reached now is Remedy::retry; anything that a person has to put right is
// give_up.
Result<SshSession> ssh_login(const SshTransport&, const std::filesystem::path& folder,
                             std::stop_token);

}  // namespace zr
