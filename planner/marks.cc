#include "planner/marks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace zr {
namespace {

constexpr std::string_view prefix = "zrepl:";
constexpr std::size_t guid_digits = 16;

std::optional<std::pair<SiteName, JobId>> parse_site_and_job(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos || !is_identifier(text.substr(0, colon))) return {};
  auto job = JobId::parse(text.substr(colon + 1));
  if (!job) return {};
  return std::pair{SiteName(std::string(text.substr(0, colon))), *std::move(job)};
}

// Exactly as str() writes it: sixteen lower-case digits, so that a mark has one spelling.
std::optional<Guid> parse_hex_guid(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != guid_digits || !std::all_of(text.begin(), text.end(), is_digit)) return {};
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return Guid(value);
}

}  // namespace

std::string Cursor::str() const {
  return fmt::format("{}{}:{}:{:016x}", prefix, site.value, job.str(), guid.value);
}

std::optional<Cursor> Cursor::parse(std::string_view bookmark) {
  if (bookmark.substr(0, prefix.size()) != prefix) return {};
  bookmark.remove_prefix(prefix.size());
  const auto colon = bookmark.rfind(':');
  if (colon == bookmark.npos) return {};
  const auto guid = parse_hex_guid(bookmark.substr(colon + 1));
  auto owner = parse_site_and_job(bookmark.substr(0, colon));
  if (!guid || !owner) return {};
  return Cursor{std::move(owner->first), std::move(owner->second), *guid};
}

std::string TargetHold::str() const {
  return fmt::format("{}{}:{}", prefix, site.value, job.str());
}

std::optional<TargetHold> TargetHold::parse(std::string_view tag) {
  if (tag.substr(0, prefix.size()) != prefix) return {};
  auto owner = parse_site_and_job(tag.substr(prefix.size()));
  if (!owner) return {};
  return TargetHold{std::move(owner->first), std::move(owner->second)};
}

}  // namespace zr
