#include "executor/allow/zfs_grants.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace zr {
namespace {

constexpr std::string_view heading = "---- Permissions on ";

// "tank/a" of "---- Permissions on tank/a -----": the dashes fill the line, and are missing on a
// long one.
std::string_view name_in(std::string_view line) {
  line.remove_prefix(heading.size());
  line = line.substr(0, line.find_last_not_of('-') + 1);
  return line.ends_with(' ') ? line.substr(0, line.size() - 1) : line;
}

bool is_permission(std::string_view word) {
  return !word.empty() && word != "@" &&
         std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c != 0x7F; });
}

// "a,b,@c"; none when that is not what it is.
std::optional<std::set<std::string>> permissions_in(std::string_view text) {
  std::set<std::string> permissions;
  while (true) {
    const std::string_view word = text.substr(0, text.find(','));
    if (!is_permission(word)) return std::nullopt;
    permissions.emplace(word);
    if (word.size() == text.size()) return permissions;
    text.remove_prefix(word.size() + 1);
  }
}

// The last word, and what is before it and a blank.
std::pair<std::string_view, std::string_view> split_last(std::string_view text) {
  const std::size_t blank = text.rfind(' ');
  if (blank == std::string_view::npos) return {{}, text};
  return {text.substr(0, blank), text.substr(blank + 1)};
}

}  // namespace

GrantReader::GrantReader()
    : lines_("zfs allow", [this](std::string_view line) { return on_line(line); }) {}

Result<Grants> GrantReader::finish() {
  if (auto ok = lines_.finish(); !ok) return ok.error();
  return std::move(grants_);
}

Result<void> GrantReader::on_line(std::string_view line) {
  if (line.starts_with(heading)) return begin_dataset(line);
  if (dataset_ == nullptr) return lines_.bad_line(line, "no dataset before it");
  if (!line.starts_with('\t')) {
    if (begin_section(line)) return {};
    return lines_.bad_line(line, "no heading that is known");
  }
  line.remove_prefix(1);
  switch (section_) {
    case Section::create_time:
      return {};
    case Section::sets:
      if (take_set(line)) return {};
      return lines_.bad_line(line, "no set of permissions");
    default:
      if (take_grant(line)) return {};
      return lines_.bad_line(line, "no permissions of somebody");
  }
}

Result<void> GrantReader::begin_dataset(std::string_view line) {
  const auto name = DatasetName::parse(name_in(line));
  if (!name) return lines_.bad_line(line, "no name of a dataset");
  dataset_ = &grants_[*name];
  section_ = Section::none;
  return {};
}

bool GrantReader::begin_section(std::string_view line) {
  constexpr std::array<std::pair<std::string_view, Section>, 5> sections = {
      {{"Permission sets:", Section::sets},
       {"Create time permissions:", Section::create_time},
       {"Local permissions:", Section::itself},
       {"Descendent permissions:", Section::below},
       {"Local+Descendent permissions:", Section::all}}};
  const auto* const found = std::find_if(sections.begin(), sections.end(),
                                         [&](const auto& known) { return known.first == line; });
  if (found == sections.end()) return false;
  section_ = found->second;
  return true;
}

bool GrantReader::take_set(std::string_view line) {
  const auto [name, list] = split_last(line);
  auto permissions = permissions_in(list);
  if (!name.starts_with('@') || !is_permission(name) || !permissions) return false;
  dataset_->sets[std::string(name)].merge(*permissions);
  return true;
}

bool GrantReader::take_grant(std::string_view line) {
  if (section_ == Section::none) return false;
  const auto [whose, list] = split_last(line);
  auto permissions = permissions_in(list);
  if (!permissions) return false;
  Grant grant{Who::everyone, "", Scope::all, std::move(*permissions)};
  if (section_ == Section::itself) grant.scope = Scope::itself;
  if (section_ == Section::below) grant.scope = Scope::below;
  if (whose != "everyone") {
    const std::size_t blank = whose.find(' ');
    if (blank == std::string_view::npos || blank + 1 == whose.size()) return false;
    const std::string_view kind = whose.substr(0, blank);
    if (kind != "user" && kind != "group") return false;
    grant.who = kind == "user" ? Who::user : Who::group;
    grant.name = whose.substr(blank + 1);
  }
  dataset_->grants.push_back(std::move(grant));
  return true;
}

}  // namespace zr
