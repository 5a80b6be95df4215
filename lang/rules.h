#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lang/names.h"
#include "lang/path_index.h"
#include "lang/source.h"

namespace zr {

// `tank` (just it), `tank<` (it and everything below) or `<` alone (every dataset).
struct Pattern {
  std::optional<DatasetName> dataset;  // none: `<` alone, and then `subtree` is true
  bool subtree = false;

  std::string str() const;  // as the language writes it, quoted where needed
  auto operator<=>(const Pattern&) const = default;
  bool operator==(const Pattern&) const = default;
};

struct Ok {
  bool operator==(const Ok&) const = default;
};
struct Omit {
  bool operator==(const Omit&) const = default;
};
using RuleResult = std::variant<Ok, Omit, DatasetName>;
std::string to_string(const RuleResult&);  // as the language writes it, quoted where needed

struct Rule {
  Pattern pattern;
  RuleResult result;
  Span span;
  Origin origin;

  std::string str() const;  // as the language writes it: "tank< -> backup/tank"
};

// A filter or a map, chosen by specificity: an exact pattern beats any subtree, among subtrees the
// longer wins, nothing matching means omit. The order in which rules are added has no influence.
class Rules {
 public:
  Rules() = default;

  // Adds unless the same pattern is there already; then returns that rule and changes nothing.
  // The pointer is good until the next add. Cheap in the order of patterns, else O(rules).
  const Rule* add(Rule);

  // The rule that decides, or null. O(components of the name).
  const Rule* find(const DatasetName&) const;
  // Every rule whose pattern takes the dataset, the deciding one first, then by falling
  // specificity.
  std::vector<const Rule*> candidates(const DatasetName&) const;

  // As a filter: whether the deciding rule's result is not omit.
  bool takes(const DatasetName&) const;
  // As a map: where the dataset goes. None when omitted (or when the rule is a filter's `ok`).
  std::optional<DatasetName> target(const DatasetName&) const;

  // The deciding rule's target for a dataset that it takes.
  static DatasetName apply(const Rule&, const DatasetName& target, const DatasetName&);

  const std::vector<Rule>& all() const { return rules_; }  // sorted by pattern
  bool empty() const { return rules_.empty(); }
  bool is_filter() const;  // only ok and omit
  bool has_targets() const;

 private:
  // The one with this pattern, or null.
  const Rule* with(const Pattern&) const;
  const Rule* at(const PathIndex&, std::uint64_t hash, std::string_view dataset) const;
  bool begins_with_everything() const { return !rules_.empty() && !rules_.front().pattern.dataset; }
  // Calls visit(rule) for each rule that takes the dataset, the one that decides last.
  template <class Visit>
  void walk(const DatasetName&, Visit) const;

  std::vector<Rule> rules_;
  PathIndex exact_;  // places in rules_, by the patterns' datasets
  PathIndex subtree_;
};

}  // namespace zr
