#pragma once

#include <optional>
#include <string>

#include "lang/policy.h"

namespace zr {

// Everything that a policy says, or all of it that applies to one dataset of one host: each block
// with what it sets, defaults included, and where it and its rules and keeps were written. Text for
// a person.
std::string effective_text(const Policy&);
std::string effective_text(const Policy&, const HostName&, const DatasetName&);

}  // namespace zr
