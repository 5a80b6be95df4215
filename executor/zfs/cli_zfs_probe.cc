#include "executor/zfs/cli_zfs_probe.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "executor/zfs/zfs_argv.h"
#include "fmt/format.h"
#include "planner/marks.h"

namespace zr {
namespace {

template <class Reader>
Result<void> read_into(const ZfsCommand& zfs, const std::vector<Argv>& commands, Reader& reader) {
  return zfs.read(commands, [&](std::string_view text) { return reader.feed(text); });
}

const std::string* find(const Properties& properties, const std::string& name,
                        std::string_view property) {
  const auto values = properties.find(name);
  if (values == properties.end()) return nullptr;
  const auto value = values->second.find(property);
  return value == values->second.end() ? nullptr : &value->second;
}

}  // namespace

Result<VersionFacts> VersionFacts::look_up(const ZfsCommand& zfs,
                                           const std::vector<std::string>& names) {
  PropertyReader reader;
  if (auto ok = read_into(zfs, get_guids(names, zfs.argv_limits()), reader); !ok) return ok.error();
  auto properties = reader.finish();
  if (!properties) return properties.error();
  VersionFacts facts;
  facts.properties_ = std::move(*properties);
  return facts;
}

std::optional<Guid> VersionFacts::guid_of(const std::string& name) const {
  const std::string* text = find(properties_, name, "guid");
  const auto guid = text != nullptr ? parse_number<std::uint64_t>(*text) : std::nullopt;
  return guid ? std::optional(Guid(*guid)) : std::nullopt;
}

bool VersionFacts::has_holds(const std::string& name) const {
  const std::string* text = find(properties_, name, "userrefs");
  return text != nullptr && parse_number<std::uint64_t>(*text).value_or(0) > 0;
}

Result<bool> VersionFacts::is_there(const DatasetName& dataset, const VersionRef& version) const {
  const std::string name = full_name(dataset, version);
  if (!version.guid) {
    return Error{Remedy::replan, fmt::format("the guid of '{}' is not known: plan again", name)};
  }
  const auto guid = guid_of(name);
  if (!guid) return false;
  if (*guid == *version.guid) return true;
  return Error{
      Remedy::replan,
      fmt::format("'{}' is not the one that was planned for (guid {} now, {} then): it was "
                  "replaced since; nothing was done, plan again",
                  name, guid->value, version.guid->value)};
}

Result<void> VersionFacts::require(const DatasetName& dataset, const VersionRef& version) const {
  const auto there = is_there(dataset, version);
  if (!there) return there.error();
  if (*there) return {};
  return Error{Remedy::replan, fmt::format("'{}' does not exist any more: plan again",
                                           full_name(dataset, version))};
}

Result<Holds> look_up_holds(const ZfsCommand& zfs, const std::vector<std::string>& snapshots) {
  HoldReader reader;
  if (auto ok = read_into(zfs, list_holds(snapshots, zfs.argv_limits()), reader); !ok) {
    return ok.error();
  }
  return reader.finish();
}

bool has_tag(const Holds& holds, const DatasetName& dataset, const std::string& snapshot,
             std::string_view tag) {
  const auto snapshots = holds.find(dataset.str());
  if (snapshots == holds.end()) return false;
  const auto tags = snapshots->second.find(snapshot);
  return tags != snapshots->second.end() &&
         std::find(tags->second.begin(), tags->second.end(), tag) != tags->second.end();
}

Result<std::map<std::string, DatasetFacts>> look_up_datasets(
    const ZfsCommand& zfs, const std::vector<std::string>& names) {
  PropertyReader reader;
  const auto commands = get_dataset_guids(names, zfs.argv_limits());
  if (auto ok = read_into(zfs, commands, reader); !ok) return ok.error();
  const auto properties = reader.finish();
  if (!properties) return properties.error();
  std::map<std::string, DatasetFacts> facts;
  for (const std::string& name : names) {
    const std::string* text = find(*properties, name, "guid");
    const std::string* type = find(*properties, name, "type");
    const auto guid = text != nullptr ? parse_number<std::uint64_t>(*text) : std::nullopt;
    if (!guid || type == nullptr) continue;
    const bool volume = *type == "volume";
    facts[name] = {Guid(*guid), volume ? DatasetType::volume : DatasetType::filesystem};
  }
  return facts;
}

Result<PlaceholderFacts> look_up_placeholder(const ZfsCommand& zfs, const DatasetName& dataset) {
  PlaceholderFacts facts;
  const std::string own = dataset.str() + "\t" + std::string(placeholder_property) + "\t";
  LineReader reader("zfs get", [&](std::string_view line) -> Result<void> {
    if (line.starts_with(own)) {
      facts.exists = true;
      facts.marked = line.substr(own.size()) == "on\tlocal";
    } else if (line.starts_with(dataset.str() + "@")) {
      facts.has_snapshots = true;
    }
    return {};
  });
  if (auto ok = read_into(zfs, {get_placeholder(dataset)}, reader); !ok) return ok.error();
  if (auto ok = reader.finish(); !ok) return ok.error();
  return facts;
}

Result<std::optional<ResumeToken>> look_up_token(const ZfsCommand& zfs,
                                                 const DatasetName& dataset) {
  PropertyReader reader;
  if (auto ok = read_into(zfs, {get_resume_token(dataset)}, reader); !ok) return ok.error();
  const auto properties = reader.finish();
  if (!properties) return properties.error();
  const std::string* token = find(*properties, dataset.str(), "receive_resume_token");
  if (token == nullptr || is_no_value(*token)) return std::optional<ResumeToken>();
  return std::optional(ResumeToken(*token));
}

Result<std::vector<std::string>> read_versions(const ZfsCommand& zfs,
                                               const std::vector<Argv>& commands, Inventory& into) {
  VersionReader reader(into);
  if (auto ok = read_into(zfs, commands, reader); !ok) return ok.error();
  if (auto ok = reader.finish(); !ok) return ok.error();
  return reader.held();
}

Result<VersionList> look_up_versions(const ZfsCommand& zfs, const DatasetName& dataset) {
  Inventory inventory;
  inventory.datasets.push_back(Dataset(dataset));
  const std::array<std::string, 1> names{dataset.str()};
  auto held = read_versions(zfs, list_versions(names, false, zfs.argv_limits()), inventory);
  if (!held) return held.error();
  return VersionList{std::move(inventory.datasets.front().versions), std::move(*held)};
}

}  // namespace zr
