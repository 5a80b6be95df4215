#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executor/result.h"
#include "lang/policy.h"

namespace zr {

// What the policy of this host grants to one client. What is not here is denied.
struct Rights {
  std::string identity;
  bool has_sink = false;
  Rules sink_map;  // the client's names -> this host's
  bool has_acl = false;
  Rules pull;  // this host's names
  // Of the sink: how many datasets may be in the client's part of this host; none: any number.
  std::optional<std::uint64_t> max_datasets;
  // Of the sink: what a receive may set, further than what settable_by_client refuses anyway.
  std::vector<std::string> properties;
  // Of the sink: the property `quota` of what a rule leads to, once that is made.
  std::optional<std::uint64_t> quota_bytes;
};

// Nothing granted is an error, and the same one for an identity that the policy does not know.
Result<Rights> rights_of(const Policy&, const HostName& here, std::string_view identity);

}  // namespace zr
