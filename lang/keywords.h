#pragma once

#include <array>
#include <string_view>

namespace zr {

// What begins a declaration. Those of the second list stand at the top level of a file only; `site`
// and `limits` besides only in the file that a site is named by.
inline constexpr std::array<std::string_view, 11> declarations{
    "autosnap", "host",      "protect", "prune", "pull", "pull_acl",
    "push",     "retention", "rules",   "sink",  "test"};
inline constexpr std::array<std::string_view, 6> file_declarations{"for",    "let",  "limits",
                                                                   "policy", "site", "use"};

}  // namespace zr
