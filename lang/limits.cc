#include "lang/limits.h"

#include <fmt/format.h>

#include <algorithm>

namespace zr {

std::uint64_t DestroyLimit::of(std::uint64_t snapshots) const {
  // In two parts, so that no number of snapshots is too large.
  const std::uint64_t share = snapshots / 100 * percent + snapshots % 100 * percent / 100;
  return std::max(share, count);
}

std::string str(const std::optional<DestroyLimit>& limit) {
  if (!limit) return "unlimited";
  if (limit->percent == 0) return limit->count == 0 ? "none" : fmt::format("{}", limit->count);
  if (limit->count == 0) return fmt::format("{}%", limit->percent);
  return fmt::format("{}% or {}", limit->percent, limit->count);
}

std::string str(const std::optional<std::uint64_t>& create) {
  if (!create) return "unlimited";
  return *create == 0 ? "none" : fmt::format("{}", *create);
}

}  // namespace zr
