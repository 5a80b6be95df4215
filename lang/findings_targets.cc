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

struct Sender {
  const Replication* job = nullptr;
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
  SharedTargets(const Policy& policy, Findings& findings) : fresh_(policy), findings_(findings) {
    for (const Replication& job : policy.replications) {
      for (const Rule& rule : job.map.all()) {
        if (!std::holds_alternative<DatasetName>(rule.result)) continue;
        const Sender sender{&job, &rule};
        hosts_[job.to][sender.target().str()].push_back(sender);
      }
    }
  }

  void find(const Policy& policy) {
    for (const Replication& job : policy.replications) {
      for (const Rule& rule : job.map.all()) {
        if (!std::holds_alternative<DatasetName>(rule.result)) continue;
        if (!rule.pattern.dataset) report_pools(job, rule);
        look_around({&job, &rule});
      }
    }
  }

 private:
  using Senders = std::unordered_map<std::string, std::vector<Sender>>;

  // Those with the same target, and those with one that it is within.
  void look_around(const Sender& inner) {
    const Senders& senders = hosts_.at(inner.job->to);
    for (std::optional<DatasetName> at = inner.target(); at; at = at->parent()) {
      if (!effort_.spend()) return;
      const auto found = senders.find(at->str());
      if (found == senders.end()) continue;
      const std::size_t rivals = std::min(found->second.size(), max_rivals);
      for (std::size_t i = 0; i < rivals; ++i) {
        const Sender& outer = found->second[i];
        if (outer.rule == inner.rule && outer.job == inner.job) continue;
        // That pools meet is said of the `<` already.
        if (outer.job == inner.job && !outer.rule->pattern.dataset) continue;
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
        inner.job->map.find(mine) != inner.rule || outer.job->map.find(theirs) != outer.rule ||
        (mine == theirs && inner.job->from == outer.job->from)) {
      return std::nullopt;
    }
    const auto target = inner.job->map.target(mine);
    if (!target || outer.job->map.target(theirs) != target) return std::nullopt;
    const auto names = [](const Rule& rule, const DatasetName& dataset) {
      return rule.pattern.dataset == dataset;
    };
    return Meeting{mine, theirs, *target, names(*inner.rule, mine) && names(*outer.rule, theirs)};
  }

  // False when there is nothing new to say.
  bool report(const Sender& inner, const Sender& outer, const Meeting& met) {
    const bool one_map = inner.job == outer.job;
    // Of two rules each meets the other; the one that stands later is told.
    const bool both_ways = inner.target() == outer.target();
    if (one_map && both_ways && inner.rule->span.begin < outer.rule->span.begin) return false;
    if (!one_map && !told_.insert(std::minmax(inner.job->id, outer.job->id)).second) return false;
    Diagnostic d = finding(
        Code::shared_target, met.named ? Severity::warning : Severity::note, inner.rule->span,
        fmt::format("{} and {} would both go to {}", shown(inner.job->from, met.first),
                    shown(outer.job->from, met.second), shown(inner.job->to, met.target)));
    const bool shared_rule = inner.rule->span == outer.rule->span;
    if (!one_map) d.label = "in `" + inner.job->id.str() + "`";
    if (one_map) d.secondary.push_back({outer.rule->span, "sends the second"});
    if (!one_map && !shared_rule) {
      d.secondary.push_back(
          {outer.rule->span, "sends the second, in `" + outer.job->id.str() + "`"});
    }
    if (shared_rule) {
      d.label = "in `" + inner.job->id.str() + "` and in `" + outer.job->id.str() + "`";
    }
    d.help.push_back(mend(outer, met));
    findings_.add(std::move(d));
    return true;
  }

  static Help mend(const Sender& outer, const Meeting& met) {
    if (!met.to_omit) return advice("where both exist neither is sent; send one of them elsewhere");
    return advice(fmt::format(
        "where both exist neither is sent; if the second is not meant, say `{} -> omit` in `{}`",
        printable(met.to_omit->str()), outer.job->id.str()));
  }

  // `< -> r` strips the pool, so the datasets of two pools meet.
  void report_pools(const Replication& job, const Rule& rule) {
    const auto first = job.map.target(fresh_.pool);
    if (!first || job.map.target(fresh_.other_pool) != first) return;
    Diagnostic d = finding(Code::pools_meet, Severity::note, rule.span,
                           fmt::format("all pools that no rule names would go to {}, {} as well as "
                                       "{}",
                                       shown(job.to, *first), shown(job.from, fresh_.pool),
                                       shown(job.from, fresh_.other_pool)));
    d.help.push_back(
        advice("where two datasets would go to one target neither is sent; a rule for each pool, "
               "such as `tank< -> " +
               printable(first->str()) + "/tank`, keeps them apart"));
    findings_.add(std::move(d));
  }

  Fresh fresh_;
  Findings& findings_;
  std::unordered_map<HostName, Senders> hosts_;
  std::set<std::pair<JobId, JobId>> told_;  // jobs that meet
  Effort effort_;
};

}  // namespace

void find_shared_targets(const Policy& policy, Findings& findings) {
  SharedTargets(policy, findings).find(policy);
}

}  // namespace zr
