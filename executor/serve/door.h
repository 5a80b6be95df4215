#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "executor/rpc/answer.h"
#include "executor/serve/client_zfs.h"
#include "executor/zfs.h"
#include "lang/policy.h"

namespace zr {

// Who may come in by which door: a client's identity and the host whose policy lets it do
// something.

// The hosts with a `sink` or a `pull_acl` for it, sorted.
std::vector<HostName> hosts_with_rights(const Policy&, std::string_view identity);
// What answers that client's calls: the host's ZFS, as far as the client may see and use it. An
// error when it may do nothing.
Result<OpenForCall> door_for(const Policy&, const HostName& here, std::string_view identity,
                             Connect, OnDenied);
// For a client in this very process, which nobody says the name of: it is the only one that the
// host's policy knows, or there is an error.
Result<OpenForCall> only_door(const Policy&, const HostName& here, Connect);

}  // namespace zr
