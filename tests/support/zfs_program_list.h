#pragma once

#include <array>
#include <cstdlib>
#include <fstream>

#include "planner/marks.h"
#include "tests/support/zfs_program_pools.h"

// Part of zfs_program.cc: the commands that only look.

namespace zr::zfs_program {

// ---- get and list -------------------------------------------------------------------------------

struct Value {
  std::string text = "-";
  std::string source = "-";
};

inline std::string joined(const Names& names) {
  std::string all;
  for (const std::string& n : names) all += (all.empty() ? "" : ",") + n;
  return all.empty() ? "-" : all;
}

inline Value placeholder(const Pools& pools, const Item& item) {
  const Dataset* by =
      item.version && !item.version->is_snapshot() ? nullptr : pools.marked(*item.dataset);
  if (by == nullptr) return {};
  if (by == item.dataset && !item.version) return {"on", "local"};
  return {"on", "inherited from " + by->name.str()};
}

inline Value of_version(const Version& v, std::string_view property) {
  if (property == "type") return {v.is_snapshot() ? "snapshot" : "bookmark"};
  if (property == "guid") return {std::to_string(v.guid.value)};
  if (property == "createtxg") return {std::to_string(v.createtxg.value)};
  if (property == "creation") return {std::to_string(v.creation.time_since_epoch().count())};
  if (!v.is_snapshot()) return {};
  if (property == "userrefs") return {std::to_string(v.holds.size())};
  if (property == "clones") return {joined(v.clones)};
  if (property == "written") return {std::to_string(v.bytes)};
  return {};
}

inline Value of_dataset(const Dataset& d, std::string_view property) {
  if (property == "type") return {d.type == DatasetType::volume ? "volume" : "filesystem"};
  if (property == "guid") return {std::to_string(d.guid.value)};
  if (property == "origin") return {d.origin.value_or("-")};
  if (property == "encryptionroot") return {d.encrypted() ? d.encryption_root->str() : "-"};
  if (property == "compression") return {d.compresses ? "on" : "off"};
  if (property == "written") return {std::to_string(d.written_bytes)};
  if (property == "receive_resume_token") return {d.resume_token ? d.resume_token->value : "-"};
  if (property != "keystatus" || d.key_status == KeyStatus::none) return {};
  return {d.key_status == KeyStatus::available ? "available" : "unavailable"};
}

inline Value value_of(const Pools& pools, const Item& item, const std::string& property) {
  constexpr std::array<std::string_view, 13> known = {"name",
                                                      "type",
                                                      "guid",
                                                      "createtxg",
                                                      "creation",
                                                      "userrefs",
                                                      "clones",
                                                      "written",
                                                      "origin",
                                                      "encryptionroot",
                                                      "keystatus",
                                                      "compression",
                                                      "receive_resume_token"};
  if (property == placeholder_property) return placeholder(pools, item);
  if (property == "name") return {item.name()};
  if (std::find(known.begin(), known.end(), property) == known.end()) {
    usage(fmt::format("bad property list: invalid property '{}'", property));
  }
  return item.version ? of_version(*item.version, property) : of_dataset(*item.dataset, property);
}

class Selection {
 public:
  Selection(const Pools& pools, const Arguments& args, const Names& names) : pools_(pools) {
    for (const std::string& t :
         split(args.value('t', "filesystem,volume,snapshot,bookmark"), ',')) {
      types_.insert(t);
    }
    depth_ = args.has('r') ? -1 : std::atoi(args.value('d', "0").c_str());
    if (names.empty()) {
      for (const Dataset& d : pools.all().datasets) {
        if (!d.name.parent()) add(d, DatasetName(d.name));
      }
    }
    for (const std::string& name : names) add(name);
  }
  const std::vector<Item>& items() const { return items_; }
  bool complete() const { return complete_; }

 private:
  void add(const std::string& text) {
    const FullName name(text);
    const Dataset* d = pools_.dataset(name.dataset);
    const Version* v = pools_.version(name);
    if (d == nullptr || (v == nullptr && !name.version.empty())) {
      print(2, Pools::missing(text) + "\n");
      complete_ = false;
    } else if (v != nullptr) {
      take({d, v});
    } else {
      add(*d, d->name);
    }
  }
  void add(const Dataset& root, const DatasetName& name) {
    const auto& all = pools_.all().datasets;
    for (const Dataset* d = &root; d != all.data() + all.size() && d->name.is_within(name); ++d) {
      const auto below = d->name.below(name);
      const auto levels = below.empty() ? 0 : 1 + std::count(below.begin(), below.end(), '/');
      if (depth_ >= 0 && levels > depth_) continue;
      take({d, nullptr});
      if (depth_ >= 0 && levels + 1 > depth_) continue;
      for (const Version& v : d->versions) take({d, &v});
    }
  }
  void take(const Item& item) {
    const std::string type = item.version ? of_version(*item.version, "type").text
                                          : of_dataset(*item.dataset, "type").text;
    if (types_.contains(type) && seen_.insert(item.name()).second) items_.push_back(item);
  }

  const Pools& pools_;
  std::set<std::string> types_, seen_;
  std::ptrdiff_t depth_ = 0;
  std::vector<Item> items_;
  bool complete_ = true;
};

inline int show(const std::string& out, bool complete) {
  print(1, out);
  return complete ? 0 : 1;
}

inline int get(const Pools& pools, const Names& words) {
  Arguments args(words, "Hpr", "tod");
  if (!args.has('H') || !args.has('p') || args.operands.empty()) usage("get -Hp, please");
  const Names columns = split(args.value('o'), ',');
  const Names properties = split(args.operands.front(), ',');
  const Selection selection(pools, args, {args.operands.begin() + 1, args.operands.end()});
  std::string out;
  for (const Item& item : selection.items()) {
    for (const std::string& property : properties) {
      const Value value = value_of(pools, item, property);
      const std::map<std::string, std::string> fields = {{"name", item.name()},
                                                         {"property", property},
                                                         {"value", value.text},
                                                         {"source", value.source}};
      for (const std::string& c : columns)
        out += fields.at(c) + (&c == &columns.back() ? "\n" : "\t");
    }
  }
  return show(out, selection.complete());
}

inline int list(const Pools& pools, const Names& words) {
  const Arguments args(words, "Hpr", "tod");
  if (!args.has('H') || !args.has('p')) usage("list -Hp, please");
  const Names columns = split(args.value('o', "name"), ',');
  const Selection selection(pools, args, args.operands);
  std::string out;
  for (const Item& item : selection.items()) {
    for (const std::string& c : columns) {
      out += value_of(pools, item, c).text + (&c == &columns.back() ? "\n" : "\t");
    }
  }
  return show(out, selection.complete());
}

inline int holds(const Pools& pools, const Names& words) {
  const Arguments args(words, "H", "");
  std::string out;
  bool complete = true;
  for (const std::string& name : args.operands) {
    const Version* v = pools.version(FullName(name));
    if (v == nullptr) {
      print(2, Pools::missing(name) + "\n");
      complete = false;
      continue;
    }
    for (const std::string& tag : v->holds) out += name + "\t" + tag + "\tSun Nov 22 09:24 2026\n";
  }
  return show(out, complete);
}

// ---- allow --------------------------------------------------------------------------------------

// What is delegated is in a file, as zfs prints it, in any order.
inline int allow(const Pools& pools, const Names& words) {
  const Arguments args(words, "", "");
  if (pools.dataset(args.only()) == nullptr) {
    fail(fmt::format("{}\nFailed to open dataset: {}", Pools::missing(args.only()), args.only()),
         255);
  }
  std::map<std::string, std::string> blocks;
  const char* const path = std::getenv("ZREPL_SIM_GRANTS");
  std::ifstream file(path == nullptr ? "/dev/null" : path);
  std::string* block = nullptr;
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view heading = "---- Permissions on ";
    if (line.starts_with(heading)) {
      std::string name = line.substr(heading.size());
      block = &blocks[name.substr(0, name.find_last_not_of('-'))];
    }
    if (block != nullptr) *block += line + "\n";
  }
  for (auto at = DatasetName::parse(args.only()); at; at = at->parent())
    print(1, blocks[at->str()]);
  return 0;
}

}  // namespace zr::zfs_program
