#pragma once

#include <optional>
#include <string>
#include <vector>

#include "executor/allow/allow_verify.h"

namespace zr {

// What is needed on a host, for whom, and what was seen there if it was looked at.
struct AllowEntry {
  HostDelegations needs;
  Grantee grantee;
  std::optional<Verdict> verdict;
};

// The document of allow.schema.json.
std::string allow_to_json(const Policy&, const std::vector<AllowEntry>&);

}  // namespace zr
