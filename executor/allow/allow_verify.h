#pragma once

#include <optional>
#include <string>
#include <vector>

#include "executor/allow/allow_judge.h"
#include "executor/allow/allow_look.h"
#include "executor/allow/allow_text.h"
#include "lang/policy.h"

namespace zr {

// How what is allowed on a host was found, the better first.
enum class Found { right, too_much, not_enough };

struct Verdict {
  Found found = Found::right;
  std::optional<std::string> problem;               // why it was not looked at; then not_enough
  std::optional<std::string> user_problem;          // why the user's groups are not known
  std::optional<Judgement> judged;                  // where zfs allows
  std::optional<std::vector<std::string>> refused;  // where sudo does: lines that it needs
};

// Looks at the host, where there is something to be allowed.
Verdict verify(const Policy&, const Machines&, const HostDelegations&, const Grantee&,
               const LookLimits&);

// What is to be mended, as lines for a shell (of sudo: for its file), with comments.
std::string verdict_text(const Host&, const HostDelegations&, const Grantee&, const Verdict&);

}  // namespace zr
