#pragma once

#include <filesystem>
#include <string>

#include "lang/policy.h"

namespace zr {

// Policies written as site files inside tests. A text that does not compile throws
// std::invalid_argument with the diagnostics.
Policy policy_from_text(const std::string& text);
Policy policy_from_file(const std::filesystem::path&);

std::string read_text(const std::filesystem::path&);

}  // namespace zr
