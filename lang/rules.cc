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

const std::size_t* Rules::slot(const Pattern& pattern) const {
  if (!pattern.dataset) return everything_ ? &*everything_ : nullptr;
  const Index& index = pattern.subtree ? subtree_ : exact_;
  const auto found = index.find(pattern.dataset->str());
  return found == index.end() ? nullptr : &found->second;
}

void Rules::insert(std::size_t at, Rule rule) {
  if (at < rules_.size()) {
    const auto shift = [at](std::size_t& i) { i += i >= at ? 1U : 0U; };
    for (auto& [name, i] : exact_) shift(i);
    for (auto& [name, i] : subtree_) shift(i);
    if (everything_) shift(*everything_);
  }
  if (!rule.pattern.dataset) {
    everything_ = at;
  } else {
    (rule.pattern.subtree ? subtree_ : exact_).emplace(rule.pattern.dataset->str(), at);
  }
  rules_.insert(rules_.begin() + static_cast<std::ptrdiff_t>(at), std::move(rule));
}

const Rule* Rules::add(Rule rule) {
  if (const std::size_t* present = slot(rule.pattern)) return &rules_[*present];
  const auto at = std::upper_bound(rules_.begin(), rules_.end(), rule.pattern,
                                   [](const Pattern& p, const Rule& r) { return p < r.pattern; });
  insert(static_cast<std::size_t>(at - rules_.begin()), std::move(rule));
  return nullptr;
}

template <class Visit>
void Rules::walk(const DatasetName& dataset, Visit visit) const {
  const std::string_view name = dataset.str();
  if (const auto found = exact_.find(name); found != exact_.end()) {
    if (!visit(rules_[found->second])) return;
  }
  for (std::size_t end = name.size(); !subtree_.empty() && end != std::string_view::npos;
       end = name.rfind('/', end - 1)) {
    const auto found = subtree_.find(name.substr(0, end));
    if (found != subtree_.end() && !visit(rules_[found->second])) return;
  }
  if (everything_) visit(rules_[*everything_]);
}

const Rule* Rules::find(const DatasetName& dataset) const {
  const Rule* decides = nullptr;
  walk(dataset, [&](const Rule& rule) {
    decides = &rule;
    return false;
  });
  return decides;
}

std::vector<const Rule*> Rules::candidates(const DatasetName& dataset) const {
  std::vector<const Rule*> all;
  walk(dataset, [&](const Rule& rule) {
    all.push_back(&rule);
    return true;
  });
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
