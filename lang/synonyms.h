#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zr {

// What people write who come from another tool, or who guess: the one of `candidates` that says the
// same as `word` (`interval` is `every`, `yes` is `on`); none when none does. Spelling mistakes are
// nearest_name()'s.
std::optional<std::string> synonym(std::string_view word,
                                   const std::vector<std::string>& candidates);

// Where a key that has no place in a block belongs: "`keep` belongs in a `prune`". Empty when
// it is no key at all.
std::string home_of_key(std::string_view key);

// What to know about a word that begins a condition or a loop in other languages; empty for others.
std::string about_control_flow(std::string_view word);

}  // namespace zr
