#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "executor/zfs.h"

// Parts of zfs_program.cc: how it is called, and the pools that it is called for.

namespace zr::zfs_program {

using Names = std::vector<std::string>;

// Ends the program; what it has to say is on its way to stderr.
struct Exit {
  int status;
  std::string err;
};

[[noreturn]] inline void usage(const std::string& why) {
  throw Exit{2, why + "\nusage:\n\t(none)\n"};
}
[[noreturn]] inline void fail(const std::string& why, int status = 1) {
  throw Exit{status, why + "\n"};
}

inline void print(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno != EINTR) ::_exit(1);
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
}

template <class T>
T must(Result<T> result) {
  if (!result) fail(result.error().message);
  return *std::move(result);
}

// ---- arguments ----------------------------------------------------------------------------------

// Options as one letter each, those with a value named in `with_value`; then the operands.
struct Arguments {
  std::set<char> flags;
  std::multimap<char, std::string> values;
  Names operands;

  Arguments(const Names& words, std::string_view allowed, std::string_view with_value) {
    std::size_t i = 0;
    for (; i < words.size() && words[i].size() > 1 && words[i][0] == '-'; ++i) {
      if (words[i] == "--") {
        ++i;
        break;
      }
      for (std::size_t j = 1; j < words[i].size(); ++j) {
        const char c = words[i][j];
        if (with_value.find(c) != with_value.npos) {
          if (j + 1 != words[i].size() || i + 1 == words.size()) {
            usage(fmt::format("missing argument for '{}' option", c));
          }
          values.emplace(c, words[++i]);
          break;
        }
        if (allowed.find(c) == allowed.npos) usage(fmt::format("invalid option '{}'", c));
        flags.insert(c);
      }
    }
    operands.assign(words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
  }
  bool has(char c) const { return flags.contains(c); }
  std::string value(char c, const char* otherwise = "") const {
    const auto it = values.find(c);
    return it == values.end() ? otherwise : it->second;
  }
  const std::string& only() const {
    if (operands.size() != 1) usage("wrong number of arguments");
    return operands.front();
  }
};

inline Names split(const std::string& text, char separator) {
  Names parts;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find(separator, begin)) != text.npos; begin = end + 1) {
    parts.push_back(text.substr(begin, end - begin));
  }
  parts.push_back(text.substr(begin));
  return parts;
}

// ---- what there is ------------------------------------------------------------------------------

struct FullName {
  std::string dataset;
  std::string version;  // "@a", "#b"; empty: the dataset itself

  explicit FullName(const std::string& text) {
    const auto sign = std::min(text.find_first_of("@#"), text.size());
    dataset = text.substr(0, sign);
    version = text.substr(sign);
  }
};

struct Item {
  const Dataset* dataset;
  const Version* version;  // null: the dataset itself
  std::string name() const { return dataset->name.str() + (version ? version->str() : ""); }
};

class Pools {
 public:
  explicit Pools(Zfs& zfs) : inventory_(must(zfs.list(Roots{true, {}, {}}))) {}

  const Dataset* dataset(const std::string& name) const {
    const auto parsed = DatasetName::parse(name);
    return parsed ? inventory_.find(*parsed) : nullptr;
  }
  const Version* version(const FullName& name) const {
    const Dataset* d = dataset(name.dataset);
    if (d == nullptr || name.version.empty()) return nullptr;
    const auto kind = name.version[0] == '@' ? VersionKind::snapshot : VersionKind::bookmark;
    return d->find(kind, name.version.substr(1));
  }
  // By guid in the pool of a dataset, first in that; nulls if there is none.
  std::pair<const Dataset*, const Version*> snapshot(Guid guid, const std::string& near) const {
    std::pair<const Dataset*, const Version*> found{};
    for (const Dataset& d : inventory_.datasets) {
      if (d.name.pool() != near.substr(0, near.find('/'))) continue;
      for (const Version& v : d.versions) {
        const bool is_it = v.is_snapshot() && v.guid == guid;
        if (is_it && (found.first == nullptr || d.name.str() == near)) found = {&d, &v};
      }
    }
    return found;
  }
  VersionRef ref(const std::string& full) const {
    const FullName name(full);
    const Version* v = version(name);
    if (v == nullptr) fail(missing(full));
    return {v->kind, v->name, v->guid};
  }
  static std::string missing(const std::string& full) {
    const bool bookmark = full.find('#') != full.npos;
    return fmt::format("cannot open '{}': {}", full,
                       bookmark ? "no such pool or dataset" : "dataset does not exist");
  }
  const Inventory& all() const { return inventory_; }

  // What set zrepl:placeholder, for a dataset or what inherits from it.
  const Dataset* marked(const Dataset& d) const {
    for (auto name = std::optional(d.name); name; name = name->parent()) {
      const Dataset* at = inventory_.find(*name);
      if (at != nullptr && at->placeholder) return at;
    }
    return nullptr;
  }

 private:
  Inventory inventory_;
};

}  // namespace zr::zfs_program
