#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/retention.h"

namespace zr {

// What can be proved about the names that snapshots have. Each says yes only when it is certain.

// The expression matches every name that begins with the prefix. Knows expressions that are no more
// than a beginning or a part, or several of them: `^zrepl_`, `daily`, `.*`, `^a|^b`.
bool matches_every(const Regex&, std::string_view prefix);
// It matches no name that begins with the prefix.
bool matches_none(const Regex&, std::string_view prefix);

// The filter takes every name that begins with the prefix, or every one that `inner` takes.
bool takes_every(const SnapshotFilter&, std::string_view prefix);
bool takes_all_of(const SnapshotFilter& outer, const SnapshotFilter& inner);
// No name that an autosnap makes of the prefix and the time gets through.
bool takes_none_of_autosnap(const SnapshotFilter&, std::string_view prefix);

// A name that both take; none when none was found, which proves nothing. `hints` are prefixes that
// are in use.
std::optional<std::string> common_name(const SnapshotFilter&, const SnapshotFilter&,
                                       const std::vector<std::string>& hints);

// What an autosnap with this prefix would have called a snapshot of some moment.
std::string sample_name(std::string_view prefix);

}  // namespace zr
