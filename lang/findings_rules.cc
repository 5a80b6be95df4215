#include <fmt/format.h>

#include <map>

#include "lang/context.h"
#include "lang/findings.h"
#include "lang/utf8.h"

// Rules that change nothing. A rule decides the datasets that its pattern takes and no more
// specific one does; it is redundant when the next wider rule would have decided them alike. Rules
// below it do not matter: they are asked first either way. What two rules make of a subtree is the
// same when it is the same for its top, since both append the same rest.

namespace zr {
namespace {

struct Redundant {
  const Rule* rule = nullptr;
  const Rule* wider = nullptr;  // that says the same; null: no other rule takes its datasets
  bool has_finer = false;       // a rule of the block is about some of its datasets
  bool cannot_exist = false;    // it is about names too long for ZFS
};

bool same_outcome(const Rule& rule, const Rule* wider) {
  if (std::holds_alternative<Omit>(rule.result)) {
    return wider == nullptr || std::holds_alternative<Omit>(wider->result);
  }
  if (wider == nullptr) return false;
  const auto* target = std::get_if<DatasetName>(&rule.result);
  const auto* wider_target = std::get_if<DatasetName>(&wider->result);
  if (target == nullptr || wider_target == nullptr) return rule.result == wider->result;
  return Rules::apply(*wider, *wider_target, *rule.pattern.dataset) == *target;
}

class Block {
 public:
  explicit Block(const Rules& rules) : rules_(rules) {}

  template <class Visit>
  void each_redundant(Visit visit) const {
    const std::vector<Rule>& all = rules_.all();
    std::vector<const Rule*> around;  // the subtrees that hold the next rule, the widest first
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Rule& rule = all[i];
      while (!around.empty() && !holds(*around.back(), rule)) around.pop_back();
      // What is not mentioned is omitted; to say so of everything is good manners.
      if (rule.pattern.dataset) judge(i, around.empty() ? nullptr : around.back(), visit);
      if (rule.pattern.subtree) around.push_back(&rule);
    }
  }

 private:
  static bool holds(const Rule& subtree, const Rule& rule) {
    const auto& top = subtree.pattern.dataset;
    return !top || rule.pattern.dataset->is_within(*top);
  }

  // `wider` is the next wider rule, unless there is one for all below the same name. What a rule
  // decides and the next wider one would is a whole subtree, or one name.
  template <class Visit>
  void judge(std::size_t i, const Rule* wider, Visit& visit) const {
    const std::vector<Rule>& all = rules_.all();
    const Rule& rule = all[i];
    if (cannot_decide(i)) return visit(Redundant{&rule, &all[i - 1], false, true});
    const bool has_subtree =
        i + 1 < all.size() && all[i + 1].pattern.dataset == rule.pattern.dataset;
    if (has_subtree) wider = &all[i + 1];
    if (!same_outcome(rule, wider) || (has_subtree && cannot_decide(i + 1))) return;
    visit(Redundant{&rule, wider, has_finer(i), false});
  }

  // A subtree whose top has a rule of its own, and below which nothing has a name short enough.
  bool cannot_decide(std::size_t i) const {
    const Pattern& pattern = rules_.all()[i].pattern;
    if (!pattern.subtree || pattern.dataset->str().size() + 2 <= max_zfs_name_bytes) return false;
    return i > 0 && rules_.all()[i - 1].pattern.dataset == pattern.dataset;
  }

  bool has_finer(std::size_t i) const {
    const std::vector<Rule>& all = rules_.all();
    const Pattern& pattern = all[i].pattern;
    if (!pattern.subtree) return false;
    const bool exact_before = i > 0 && all[i - 1].pattern.dataset == pattern.dataset;
    const bool below =
        i + 1 < all.size() && all[i + 1].pattern.dataset->is_within(*pattern.dataset);
    return exact_before || below;
  }

  const Rules& rules_;
};

Diagnostic describe(const Redundant& found) {
  const Rule& rule = *found.rule;
  const bool idle_omit = found.wider == nullptr && !found.has_finer;
  Diagnostic d = finding(idle_omit ? Code::idle_omit : Code::redundant_rule,
                         idle_omit ? Severity::warning : Severity::note, rule.span, "");
  if (found.cannot_exist) {
    d.message = shown(rule) + " never decides: no name below is short enough for ZFS";
    d.secondary.push_back({found.wider->span, "decides the dataset itself"});
  } else if (idle_omit) {
    d.message = shown(rule) + " leaves nothing out: no other rule takes these datasets";
    d.help.push_back(advice("remove it, or look for a slip in the name"));
    return d;
  } else if (found.wider == nullptr) {
    d.message = shown(rule) + " changes nothing: what no rule takes is omitted";
  } else {
    d.message = shown(rule) + " changes nothing: " + shown(*found.wider) + " does the same";
    d.secondary.push_back({found.wider->span, "does the same"});
  }
  d.help.push_back(advice("remove it"));
  return d;
}

// Where a rule is written, whatever it was expanded to.
using Place = std::pair<SourceId, std::uint32_t>;

Place place_of(const Rule& rule) { return {rule.span.source, rule.span.begin}; }

// The different blocks of rules: those that several jobs share once.
std::vector<const Rules*> blocks_of(const Policy& policy) {
  std::map<std::pair<Place, ExpansionId>, const Rules*> blocks;
  for (const Rules* rules : policy.all_rules()) {
    if (rules->empty()) continue;
    const Rule& first = rules->all().front();
    blocks.try_emplace({place_of(first), first.span.expansion}, rules);
  }
  std::vector<const Rules*> found;
  found.reserve(blocks.size());
  for (const auto& [key, rules] : blocks) found.push_back(rules);
  return found;
}

}  // namespace

void find_redundant_rules(const Policy& policy, Findings& findings) {
  const std::vector<const Rules*> blocks = blocks_of(policy);
  std::map<Place, std::size_t> expanded;  // how often, where more than once
  for (const Rules* rules : blocks) {
    for (const Rule& rule : rules->all()) {
      if (rule.span.expansion != ExpansionId::none) ++expanded[place_of(rule)];
    }
  }
  std::map<Place, std::size_t> redundant;
  for (const Rules* rules : blocks) {
    Block(*rules).each_redundant([&](const Redundant& found) {
      // A rule in a template is redundant when it is in all of its uses.
      const auto times = expanded.find(place_of(*found.rule));
      if (times != expanded.end() && ++redundant[times->first] < times->second) return;
      findings.add(describe(found));
    });
  }
}

}  // namespace zr
