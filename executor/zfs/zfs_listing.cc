#include "executor/zfs/zfs_listing.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "lang/utf8.h"
#include "planner/marks.h"

namespace zr {
namespace {

// What zfs shows where a property does not apply counts as 0.
std::optional<std::uint64_t> number_or_none(std::string_view value) {
  return is_no_value(value) ? std::uint64_t{0} : parse_number<std::uint64_t>(value);
}

// zfs cuts a long list of clones off: the last name may be no name any more.
constexpr std::size_t cut_off_bytes = 4000;

bool read_clones(std::string_view value, std::vector<std::string>& clones) {
  if (is_no_value(value)) return true;
  const bool may_be_cut = value.size() >= cut_off_bytes;
  while (true) {
    const std::size_t comma = value.find(',');
    const std::string_view name = value.substr(0, comma);
    if (is_clone_name(name)) {
      clones.emplace_back(name);
    } else if (comma != std::string_view::npos || !may_be_cut) {
      return false;
    }
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

// In the order of dataset_properties.
enum Property : unsigned {
  type_property = 1U << 0,
  guid_property = 1U << 1,
  origin_property = 1U << 2,
  encryption_root_property = 1U << 3,
  key_status_property = 1U << 4,
  compression_property = 1U << 5,
  written_property = 1U << 6,
  token_property = 1U << 7,
  placeholder_mark = 1U << 8,
};
constexpr unsigned all_properties = (1U << 9) - 1;

unsigned property_of(std::string_view name) {
  std::string_view names = dataset_properties;
  for (unsigned bit = 1; bit <= all_properties; bit <<= 1) {
    const std::size_t comma = std::min(names.find(','), names.size());
    if (names.substr(0, comma) == name) return bit;
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return 0;
}

std::optional<KeyStatus> key_status_of(std::string_view value) {
  if (is_no_value(value) || value == "none") return KeyStatus::none;
  if (value == "available") return KeyStatus::available;
  if (value == "unavailable") return KeyStatus::unavailable;
  return std::nullopt;
}

// Whether the value is one that zfs could print.
bool set_property(Dataset& dataset, unsigned property, std::string_view value,
                  std::string_view source) {
  switch (property) {
    case type_property:
      dataset.type = value == "volume" ? DatasetType::volume : DatasetType::filesystem;
      return value == "volume" || value == "filesystem";
    case guid_property: {
      const auto guid = parse_number<std::uint64_t>(value);
      dataset.guid = Guid(guid.value_or(0));
      return guid.has_value();
    }
    case origin_property:
      if (!is_no_value(value)) dataset.origin = std::string(value);
      return true;
    case encryption_root_property:
      if (is_no_value(value)) return true;
      dataset.encryption_root = DatasetName::parse(value);
      return dataset.encryption_root.has_value();
    case key_status_property: {
      const auto status = key_status_of(value);
      dataset.key_status = status.value_or(KeyStatus::none);
      return status.has_value();
    }
    case compression_property:
      dataset.compresses = value != "off" && !is_no_value(value);
      return true;
    case written_property: {
      const auto bytes = number_or_none(value);
      dataset.written_bytes = bytes.value_or(0);
      return bytes.has_value();
    }
    case token_property:
      if (!is_no_value(value)) dataset.resume_token = ResumeToken(std::string(value));
      return true;
    default:
      dataset.placeholder = value == "on" && source == "local";
      return true;
  }
}

}  // namespace

DatasetReader::DatasetReader()
    : lines_("zfs get", [this](std::string_view line) { return on_line(line); }) {}

Result<void> DatasetReader::on_line(std::string_view line) {
  // A user property's value may hold tabs: the fields around it are found from both ends.
  const std::size_t name_end = line.find('\t');
  const std::size_t source_at = line.rfind('\t');
  if (name_end == std::string_view::npos || source_at <= name_end) {
    return lines_.bad_line(line, "expected 4 fields");
  }
  const std::string_view name = line.substr(0, name_end);
  const std::string_view middle = line.substr(name_end + 1, source_at - name_end - 1);
  const std::size_t property_end = middle.find('\t');
  if (property_end == std::string_view::npos) {
    return lines_.bad_line(line, "expected 4 fields");
  }
  if (inventory_.datasets.empty() || inventory_.datasets.back().name.str() != name) {
    if (auto ok = begin_dataset(line, name); !ok) return ok;
  }
  return set(line, middle.substr(0, property_end), middle.substr(property_end + 1),
             line.substr(source_at + 1));
}

Result<void> DatasetReader::begin_dataset(std::string_view line, std::string_view name) {
  if (auto ok = end_dataset(); !ok) return ok;
  auto parsed = DatasetName::parse(name);
  if (!parsed) {
    return lines_.bad_line(line, "no dataset's name: " + DatasetName::problem(name));
  }
  inventory_.datasets.push_back(Dataset(std::move(*parsed)));
  seen_ = 0;
  return {};
}

Result<void> DatasetReader::set(std::string_view line, std::string_view property,
                                std::string_view value, std::string_view source) {
  const unsigned bit = property_of(property);
  if (bit == 0) return lines_.bad_line(line, "a property that was not asked for");
  if ((seen_ & bit) != 0) return lines_.bad_line(line, "a property for the second time");
  seen_ |= bit;
  if (!set_property(inventory_.datasets.back(), bit, value, source)) {
    return lines_.bad_line(line, "not a value of that property");
  }
  return {};
}

Result<void> DatasetReader::end_dataset() {
  if (inventory_.datasets.empty() || seen_ == all_properties) return {};
  return lines_.bad_line(inventory_.datasets.back().name.str(),
                         "a property is missing before this");
}

Result<Inventory> DatasetReader::finish() {
  if (auto ok = lines_.finish(); !ok) return ok.error();
  if (auto ok = end_dataset(); !ok) return ok.error();
  inventory_.sort();
  const auto& all = inventory_.datasets;
  const auto twice = std::adjacent_find(
      all.begin(), all.end(), [](const Dataset& a, const Dataset& b) { return a.name == b.name; });
  if (twice != all.end())
    return lines_.bad_line(twice->name.str(), "a dataset for the second time");
  return std::move(inventory_);
}

VersionReader::VersionReader(Inventory& inventory)
    : lines_("zfs list", [this](std::string_view line) { return on_line(line); }),
      inventory_(inventory) {}

// Whether the line's dataset is in the inventory.
Result<bool> VersionReader::select_dataset(std::string_view line, std::string_view name) {
  if (name == dataset_name_) return dataset_ != nullptr;
  const auto parsed = DatasetName::parse(name);
  if (!parsed) {
    return lines_.bad_line(line, "no dataset's name: " + DatasetName::problem(name));
  }
  dataset_ = inventory_.find(*parsed);
  dataset_name_ = name;
  return dataset_ != nullptr;
}

Result<void> VersionReader::on_line(std::string_view line) {
  const auto fields = split_fields<7>(line);
  if (!fields) return lines_.bad_line(line, "expected 7 fields");
  const auto& [name, guid, createtxg, creation, userrefs, clones, written] = *fields;

  const std::size_t sign = name.find_first_of("@#");
  if (sign == std::string_view::npos) return lines_.bad_line(line, "no snapshot and no bookmark");
  const std::string_view own_name = name.substr(sign + 1);
  if (!is_version_name(own_name)) return lines_.bad_line(line, "no version's name");
  const auto known = select_dataset(line, name.substr(0, sign));
  if (!known) return known.error();
  if (!*known) return {};

  const auto guid_number = parse_number<std::uint64_t>(guid);
  const auto txg_number = parse_number<std::uint64_t>(createtxg);
  const auto creation_number = parse_number<std::int64_t>(creation);
  const auto refs = number_or_none(userrefs);
  const auto bytes = number_or_none(written);
  if (!guid_number || !txg_number || !creation_number || !refs || !bytes) {
    return lines_.bad_line(line, "a field that should be a number is none");
  }
  Version& version = dataset_->versions.emplace_back();
  version.kind = name[sign] == '@' ? VersionKind::snapshot : VersionKind::bookmark;
  version.name = own_name;
  version.guid = Guid(*guid_number);
  version.createtxg = CreateTxg(*txg_number);
  version.creation = Seconds(std::chrono::seconds(*creation_number));
  if (!version.is_snapshot()) return {};
  version.bytes = *bytes;
  if (*refs > 0) held_.emplace_back(name);
  if (!read_clones(clones, version.clones)) return lines_.bad_line(line, "no clone's name");
  return {};
}

Result<void> VersionReader::finish() {
  if (auto ok = lines_.finish(); !ok) return ok;
  for (Dataset& dataset : inventory_.datasets) dataset.versions.shrink_to_fit();
  inventory_.sort();
  return {};
}

HoldReader::HoldReader()
    : lines_("zfs holds", [this](std::string_view line) { return on_line(line); }) {}

Result<void> HoldReader::on_line(std::string_view line) {
  // zfs takes nearly anything for a tag.
  const std::size_t name_end = line.find('\t');
  const std::size_t time_at = line.rfind('\t');
  if (name_end == std::string_view::npos || time_at <= name_end + 1) {
    return lines_.bad_line(line, "expected 3 fields");
  }
  const std::string_view name = line.substr(0, name_end);
  const std::size_t sign = name.find('@');
  if (sign == std::string_view::npos || !DatasetName::parse(name.substr(0, sign)) ||
      !is_version_name(name.substr(sign + 1))) {
    return lines_.bad_line(line, "no snapshot's name");
  }
  std::string tag(line.substr(name_end + 1, time_at - name_end - 1));
  if (!is_hold_tag(tag)) tag = printable(tag, tag.size());
  auto& tags = holds_[std::string(name.substr(0, sign))][std::string(name.substr(sign + 1))];
  tags.insert(std::upper_bound(tags.begin(), tags.end(), tag), tag);
  return {};
}

Result<Holds> HoldReader::finish() {
  if (auto ok = lines_.finish(); !ok) return ok.error();
  return std::move(holds_);
}

PropertyReader::PropertyReader()
    : lines_("zfs get", [this](std::string_view line) { return on_line(line); }) {}

Result<void> PropertyReader::on_line(std::string_view line) {
  const auto fields = split_fields<3>(line);
  if (!fields) return lines_.bad_line(line, "expected 3 fields");
  const auto& [name, property, value] = *fields;
  if (name.empty() || property.empty()) return lines_.bad_line(line, "an empty field");
  properties_[std::string(name)].insert_or_assign(std::string(property), std::string(value));
  return {};
}

Result<Properties> PropertyReader::finish() {
  if (auto ok = lines_.finish(); !ok) return ok.error();
  return std::move(properties_);
}

}  // namespace zr
