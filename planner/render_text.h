#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "planner/change.h"

namespace zr {

// The words that plans are shown with. Nothing that comes out of these moves a cursor, changes a
// colour or reorders what is read, whatever the names are.

// Any text, whole and escaped.
std::string escaped(std::string_view);

// Escaped, and in quotes where it is empty or holds blanks or quotes: `tank/db`, `"tank/a b"`.
std::string shown(std::string_view name);

// `@name` or `#"a name"`.
std::string shown(VersionKind, std::string_view name);
inline std::string shown(const VersionRef& v) { return shown(v.kind, v.name); }

// `nas:tank/db`.
std::string shown(const HostName&, std::string_view dataset);

// "1 snapshot", "2 snapshots"; `plural` where an s is not enough.
std::string count_of(std::uint64_t n, std::string_view singular, std::string_view plural = {});

}  // namespace zr
