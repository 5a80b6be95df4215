#include "lang/retention.h"

#include <fmt/format.h>

#include <array>

#include "lang/overloaded.h"
#include "lang/quote.h"

namespace zr {
namespace {

std::string text_of(const GridGroup& group) {
  std::string text = fmt::format("{}x{}", group.count, format_duration(group.length));
  if (!group.keep) return text + "(keep=all)";
  return *group.keep == 1 ? text : text + fmt::format("(keep={})", *group.keep);
}

std::string text_of(const KeepGrid& grid) {
  std::string text = "grid ";
  for (std::size_t i = 0; i < grid.groups.size(); ++i) {
    text += (i == 0 ? "" : " | ") + text_of(grid.groups[i]);
  }
  return text;
}

}  // namespace

std::string_view to_string(Period period) {
  switch (period) {
    case Period::hourly:
      return "hourly";
    case Period::daily:
      return "daily";
    case Period::weekly:
      return "weekly";
    case Period::monthly:
      return "monthly";
    case Period::yearly:
      return "yearly";
  }
  return {};
}

std::string Keep::str() const {
  return std::visit(
      overloaded{
          [](const KeepGrid& k) { return text_of(k); },
          [](const KeepCalendar& k) { return fmt::format("{} {}", to_string(k.period), k.count); },
          [](const KeepLast& k) { return fmt::format("last {}", k.count); },
          [](const KeepWithin& k) { return "within " + format_duration(k.age); },
          [](const KeepMatching& k) { return "matching " + quoted(k.regex.text()); },
          [](const KeepNotReplicated&) { return std::string("not_replicated"); },
      },
      what);
}

std::string format_duration(std::chrono::seconds duration) {
  constexpr std::int64_t week = std::int64_t{7} * 24 * 3600;
  constexpr std::array<std::pair<std::int64_t, char>, 4> units{
      {{std::int64_t{24} * 3600, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}}};
  std::int64_t left = duration.count();
  if (left <= 0) return fmt::format("{}s", left);
  if (left % week == 0) return fmt::format("{}w", left / week);
  std::string text;
  for (const auto& [unit, letter] : units) {
    if (left >= unit) text += fmt::format("{}{}", left / unit, letter);
    left %= unit;
  }
  return text;
}

SnapshotFilter SnapshotFilter::all() {
  SnapshotFilter filter;
  filter.any = true;
  return filter;
}

bool SnapshotFilter::takes(std::string_view name) const {
  if (any) return true;
  for (const auto& line : lines) {
    const bool taken = std::visit(
        overloaded{
            [&](const NamePrefix& l) { return name.substr(0, l.prefix.size()) == l.prefix; },
            [&](const NameMatching& l) { return l.regex.matches(name); },
        },
        line);
    if (taken) return true;
  }
  return false;
}

std::string SnapshotFilter::str() const {
  if (any) return "any";
  std::string text;
  for (const auto& line : lines) {
    if (!text.empty()) text += "; ";
    text +=
        std::visit(overloaded{
                       [](const NamePrefix& l) { return "prefix " + quoted(l.prefix); },
                       [](const NameMatching& l) { return "matching " + quoted(l.regex.text()); },
                   },
                   line);
  }
  return text.empty() ? "{ }" : "{ " + text + " }";
}

}  // namespace zr
