#include "lang/rules.h"

#include <algorithm>

#include "lang/overloaded.h"
#include "lang/quote.h"

namespace zr {
namespace {

// Whether the bare word would not be read back as this dataset.
bool needs_quotes(const DatasetName& dataset) {
  const std::string& text = dataset.str();
  return text.find(' ') != std::string::npos || dataset.pool() == "ok" || dataset.pool() == "omit";
}

// Calls visit(hash, path) for the first component, the first two, and so on to the whole name,
// whose hash is returned.
template <class Visit>
std::uint64_t each_parent(std::string_view name, Visit visit) {
  PathHash hash;
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    hash.descend(name.substr(begin, end - begin));
    visit(hash.value(), name.substr(0, end));
    begin = end + 1;
  }
  return hash.value();
}

std::uint64_t hash_of(std::string_view name) {
  return each_parent(name, [](std::uint64_t, std::string_view) {});
}

}  // namespace

std::string Pattern::str() const {
  if (!dataset) return "<";
  std::string text = needs_quotes(*dataset) ? quoted(dataset->str()) : dataset->str();
  return subtree ? text + "<" : text;
}

std::string to_string(const RuleResult& result) {
  return std::visit(overloaded{[](const Ok&) { return std::string("ok"); },
                               [](const Omit&) { return std::string("omit"); },
                               [](const DatasetName& target) {
                                 return Pattern{target, false}.str();
                               }},
                    result);
}

std::string Rule::str() const { return pattern.str() + " -> " + to_string(result); }

const Rule* Rules::at(const PathIndex& index, std::uint64_t hash, std::string_view dataset) const {
  const std::uint32_t* place = index.find(
      hash, [&](std::uint32_t p) { return rules_[p].pattern.dataset->str() == dataset; });
  return place ? &rules_[*place] : nullptr;
}

const Rule* Rules::with(const Pattern& pattern) const {
  if (!pattern.dataset) return begins_with_everything() ? &rules_.front() : nullptr;
  const std::string& dataset = pattern.dataset->str();
  return at(pattern.subtree ? subtree_ : exact_, hash_of(dataset), dataset);
}

const Rule* Rules::add(Rule rule) {
  if (const Rule* present = with(rule.pattern)) return present;
  const auto after =
      std::upper_bound(rules_.begin(), rules_.end(), rule.pattern,
                       [](const Pattern& p, const Rule& r) { return p < r.pattern; });
  const auto place = static_cast<std::uint32_t>(after - rules_.begin());
  if (place < rules_.size()) {
    exact_.make_room(place);
    subtree_.make_room(place);
  }
  if (rule.pattern.dataset)
    (rule.pattern.subtree ? subtree_ : exact_).add(hash_of(rule.pattern.dataset->str()), place);
  rules_.insert(after, std::move(rule));
  return nullptr;
}

template <class Visit>
void Rules::walk(const DatasetName& dataset, Visit visit) const {
  if (begins_with_everything()) visit(rules_.front());
  const std::string_view name = dataset.str();
  const std::uint64_t whole = each_parent(name, [&](std::uint64_t hash, std::string_view parent) {
    if (const Rule* rule = at(subtree_, hash, parent)) visit(*rule);
  });
  if (const Rule* rule = at(exact_, whole, name)) visit(*rule);
}

const Rule* Rules::find(const DatasetName& dataset) const {
  const Rule* decides = nullptr;
  walk(dataset, [&](const Rule& rule) { decides = &rule; });
  return decides;
}

std::vector<const Rule*> Rules::candidates(const DatasetName& dataset) const {
  std::vector<const Rule*> all;
  walk(dataset, [&](const Rule& rule) { all.push_back(&rule); });
  std::reverse(all.begin(), all.end());
  return all;
}

bool Rules::takes(const DatasetName& dataset) const {
  const Rule* rule = find(dataset);
  return rule != nullptr && !std::holds_alternative<Omit>(rule->result);
}

std::optional<DatasetName> Rules::target(const DatasetName& dataset) const {
  const Rule* rule = find(dataset);
  if (rule == nullptr) return std::nullopt;
  const auto* to = std::get_if<DatasetName>(&rule->result);
  if (to == nullptr) return std::nullopt;
  return apply(*rule, *to, dataset);
}

DatasetName Rules::apply(const Rule& rule, const DatasetName& target, const DatasetName& dataset) {
  if (rule.pattern.dataset) return target.append(dataset.below(*rule.pattern.dataset));
  const std::string_view name = dataset.str();
  const std::size_t slash = name.find('/');
  return slash == std::string_view::npos ? target : target.append(name.substr(slash + 1));
}

bool Rules::is_filter() const { return !has_targets(); }

bool Rules::has_targets() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const Rule& rule) {
    return std::holds_alternative<DatasetName>(rule.result);
  });
}

}  // namespace zr
