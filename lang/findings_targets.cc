#include <fmt/format.h>

#include <map>
#include <unordered_map>

#include "lang/context.h"
#include "lang/findings.h"
#include "lang/fresh.h"
#include "lang/utf8.h"
#include "lang/witness.h"

// Datasets that would be sent to one target. A rule sends its dataset to its target, and what is
// below to what is below, so two rules can only meet where one's target is within the other's. Then
// the top of the inner target tells, or something below it that no pattern names: if more specific
// rules keep both from meeting, they keep everything apart.

namespace zr {
namespace {

constexpr std::size_t max_rivals = 8;  // of one rule for one target; more of them meet each other

// A job's map or a sink's. What a client has, and whether it is a host of this site, is not known
// here, so its datasets are told apart from everybody else's.
struct Way {
  std::string name;
  const Rules& map;
  const HostName& to;
  const HostName* from = nullptr;       // none: a sink's client
  const std::string* client = nullptr;  // of a sink

  std::string shown_source(const DatasetName& dataset) const {
    if (from != nullptr) return shown(*from, dataset);
    return fmt::format("`{}` of the client `{}`", printable(dataset.str()), *client);
  }
};

std::vector<Way> ways_of(const Policy& policy) {
  std::vector<Way> ways;
  ways.reserve(policy.replications.size() + policy.sinks.size());
  for (const Replication& job : policy.replications) {
    ways.push_back({job.id.str(), job.map, job.to, &job.from, nullptr});
  }
  for (const Sink& sink : policy.sinks) {
    ways.push_back({sink.name(), sink.map, sink.on, nullptr, &sink.identity});
  }
  return ways;
}

struct Sender {
  const Way* way = nullptr;
  const Rule* rule = nullptr;

  const DatasetName& target() const { return std::get<DatasetName>(rule->result); }
  bool subtree() const { return rule->pattern.subtree; }
};

struct Meeting {
  DatasetName first, second;  // the sources, of the two senders
  DatasetName target;
  bool named = false;                   // both are what the patterns name
  std::optional<Pattern> to_omit = {};  // what the second sender would have to leave out
};

class SharedTargets {
 public:
  SharedTargets(const Policy& policy, Findings& findings)
      : fresh_(policy), findings_(findings), ways_(ways_of(policy)) {
    for (const Way& way : ways_) {
      Senders& senders = hosts_[way.to];
      for (const Rule& rule : way.map.all()) {
        if (!std::holds_alternative<DatasetName>(rule.result)) continue;
        const Sender sender{&way, &rule};
        senders[sender.target().str()].push_back(sender);
      }
    }
  }

  void find() {
    for (const Way& way : ways_) {
      for (const Rule& rule : way.map.all()) {
        if (!std::holds_alternative<DatasetName>(rule.result)) continue;
        if (!rule.pattern.dataset) report_pools(way, rule);
        look_around({&way, &rule});
      }
    }
  }

 private:
  using Senders = std::unordered_map<std::string_view, std::vector<Sender>>;  // by their targets

  // Those with the same target, and those with one that it is within.
  void look_around(const Sender& inner) {
    const Senders& senders = hosts_.at(inner.way->to);
    const std::string_view target = inner.target().str();
    for (std::size_t end = target.size(); end != std::string_view::npos;
         end = target.rfind('/', end - 1)) {
      if (!effort_.spend()) return;
      const auto found = senders.find(target.substr(0, end));
      if (found == senders.end()) continue;
      const std::size_t rivals = std::min(found->second.size(), max_rivals);
      for (std::size_t i = 0; i < rivals; ++i) {
        const Sender& outer = found->second[i];
        if (outer.rule == inner.rule && outer.way == inner.way) continue;
        // That pools meet is said of the `<` already.
        if (outer.way == inner.way && !outer.rule->pattern.dataset) continue;
        if (!effort_.spend()) return;
        const auto met = meet(inner, outer);
        if (met && report(inner, outer, *met)) return;  // one is enough to look at the rule
      }
    }
  }

  // Where the target of `inner` is within that of `outer`.
  std::optional<Meeting> meet(const Sender& inner, const Sender& outer) const {
    const std::string rest(inner.target().below(outer.target()));
    if (!rest.empty() && !outer.subtree()) return std::nullopt;
    const DatasetName mine = inner.rule->pattern.dataset.value_or(fresh_.pool);
    const DatasetName theirs = outer.rule->pattern.dataset.value_or(fresh_.other_pool);
    const DatasetName top = theirs.append(rest);
    auto met = try_pair(inner, outer, mine, top);
    if (!met && inner.subtree() && outer.subtree()) {
      met = try_pair(inner, outer, mine.append(fresh_.component()), top.append(fresh_.component()));
    }
    if (met && !rest.empty()) met->to_omit = Pattern{top, true};
    return met;
  }

  static std::optional<Meeting> try_pair(const Sender& inner, const Sender& outer,
                                         const DatasetName& mine, const DatasetName& theirs) {
    if (mine.str().size() > max_zfs_name_bytes || theirs.str().size() > max_zfs_name_bytes ||
        inner.way->map.find(mine) != inner.rule || outer.way->map.find(theirs) != outer.rule ||
        (mine == theirs && is_same_source(*inner.way, *outer.way))) {
      return std::nullopt;
    }
    const auto target = inner.way->map.target(mine);
    if (!target || outer.way->map.target(theirs) != target) return std::nullopt;
    const auto names = [](const Rule& rule, const DatasetName& dataset) {
      return rule.pattern.dataset == dataset;
    };
    return Meeting{mine, theirs, *target, names(*inner.rule, mine) && names(*outer.rule, theirs)};
  }

  static bool is_same_source(const Way& a, const Way& b) {
    return &a == &b || (a.from != nullptr && b.from != nullptr && *a.from == *b.from);
  }

  // False when there is nothing new to say.
  bool report(const Sender& inner, const Sender& outer, const Meeting& met) {
    const bool one_map = inner.way == outer.way;
    // Of two rules each meets the other; the one that stands later is told.
    const bool both_ways = inner.target() == outer.target();
    if (one_map && both_ways && inner.rule->span.begin < outer.rule->span.begin) return false;
    if (!one_map && !told_.insert(std::minmax(inner.way, outer.way)).second) return false;
    Diagnostic d = finding(
        Code::shared_target, met.named ? Severity::warning : Severity::note, inner.rule->span,
        fmt::format("{} and {} would both go to {}", inner.way->shown_source(met.first),
                    outer.way->shown_source(met.second), shown(inner.way->to, met.target)));
    const bool shared_rule = inner.rule->span == outer.rule->span;
    if (!one_map) d.label = "in `" + inner.way->name + "`";
    if (one_map) d.secondary.push_back({outer.rule->span, "sends the second"});
    if (!one_map && !shared_rule) {
      d.secondary.push_back({outer.rule->span, "sends the second, in `" + outer.way->name + "`"});
    }
    if (shared_rule) {
      d.label = "in `" + inner.way->name + "` and in `" + outer.way->name + "`";
    }
    d.help.push_back(mend(inner, outer, met));
    findings_.add(std::move(d));
    return true;
  }

  static Help mend(const Sender& inner, const Sender& outer, const Meeting& met) {
    const bool both_planned = inner.way->from != nullptr && outer.way->from != nullptr;
    const char* what =
        both_planned ? "where both exist neither is sent" : "one target can't hold both";
    if (!met.to_omit) return advice(fmt::format("{}; send one of them elsewhere", what));
    return advice(fmt::format("{}; if the second is not meant, say `{} -> omit` in `{}`", what,
                              printable(met.to_omit->str()), outer.way->name));
  }

  // `< -> r` strips the pool, so the datasets of two pools meet.
  void report_pools(const Way& way, const Rule& rule) {
    const auto first = way.map.target(fresh_.pool);
    if (!first || way.map.target(fresh_.other_pool) != first) return;
    Diagnostic d = finding(Code::pools_meet, Severity::note, rule.span,
                           fmt::format("all pools that no rule names would go to {}, {} as well as "
                                       "{}",
                                       shown(way.to, *first), way.shown_source(fresh_.pool),
                                       way.shown_source(fresh_.other_pool)));
    d.help.push_back(advice(fmt::format(
        "{}; a rule for each pool, such as `tank< -> {}/tank`, keeps them apart",
        way.from != nullptr ? "where two datasets would go to one target neither is sent"
                            : "one target can't hold two datasets",
        printable(first->str()))));
    findings_.add(std::move(d));
  }

  Fresh fresh_;
  Findings& findings_;
  std::vector<Way> ways_;  // addresses stay as they are
  std::unordered_map<HostName, Senders> hosts_;
  std::set<std::pair<const Way*, const Way*>> told_;  // that meet
  Effort effort_;
};

}  // namespace

void find_shared_targets(const Policy& policy, Findings& findings) {
  SharedTargets(policy, findings).find();
}

}  // namespace zr
