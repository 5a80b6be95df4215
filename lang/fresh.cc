#include "lang/fresh.h"

#include <algorithm>
#include <set>

namespace zr {
namespace {

constexpr std::string_view stem = "any";

using Components = std::set<std::string, std::less<>>;

// Only those that a fresh one could be mistaken for.
void collect(const DatasetName& dataset, Components& components) {
  const std::string_view name = dataset.str();
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view component = name.substr(begin, end - begin);
    if (component.substr(0, stem.size()) == stem) components.emplace(component);
    begin = end + 1;
  }
}

void collect(const Rules& rules, Components& components) {
  for (const Rule& rule : rules.all()) {
    if (rule.pattern.dataset) collect(*rule.pattern.dataset, components);
    if (const auto* target = std::get_if<DatasetName>(&rule.result)) collect(*target, components);
  }
}

Components components_of(const Policy& policy) {
  Components components;
  for (const Rules* rules : policy.all_rules()) collect(*rules, components);
  return components;
}

DatasetName unused(Components& components) {
  std::string name(stem);
  for (std::size_t n = 1; components.count(name) > 0; ++n) {
    name = std::string(stem) + std::to_string(n);
  }
  components.insert(name);
  return *DatasetName::parse(name);
}

}  // namespace

Fresh::Fresh(const Policy& policy)
    : pool(*DatasetName::parse(stem)), other_pool(*DatasetName::parse(stem)) {
  Components components = components_of(policy);
  pool = unused(components);
  other_pool = unused(components);
}

}  // namespace zr
