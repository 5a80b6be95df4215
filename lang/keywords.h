#pragma once

#include <array>
#include <string_view>

namespace zr {

// What begins a declaration at the top level, with what this version lacks.
inline constexpr std::array<std::string_view, 8> declarations{
    "autosnap", "host", "protect", "prune", "pull", "push", "retention", "rules"};
inline constexpr std::array<std::string_view, 7> later_declarations{
    "for", "let", "policy", "pull_acl", "sink", "test", "use"};

}  // namespace zr
