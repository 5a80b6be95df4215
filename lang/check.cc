#include "lang/check.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "lang/codes.h"
#include "lang/utf8.h"

namespace zr {
namespace {

std::string shown(const HostName& host, const DatasetName& dataset) {
  return "`" + host.value + ":" + printable(dataset.str()) + "`";
}

// Of very many jobs that are alike each is compared with so many, so that it is told, but not about
// every other.
constexpr std::size_t max_others = 8;

// Two jobs that would send one dataset to one target.
class SameReplication {
 public:
  SameReplication(const Routes& routes, const Witnesses& witnesses, Diagnostics& diagnostics)
      : routes_(routes), witnesses_(witnesses), diagnostics_(diagnostics) {}

  void check(const Replication& job) {
    for (const Rule& rule : job.map.all()) {
      if (!std::holds_alternative<DatasetName>(rule.result)) continue;
      for (const DatasetName& source : witnesses_.of(rule)) compare(job, source);
    }
  }

 private:
  void compare(const Replication& job, const DatasetName& source) {
    const auto target = job.map.target(source);
    if (!target || !effort_.spend()) return;
    const Rule& rule = *job.map.find(source);
    std::size_t others = 0;
    for (const Routes::Hop& hop : routes_.from(job.from, source, effort_)) {
      if (hop.job == &job || hop.job->to != job.to || hop.target != *target) continue;
      if (++others > max_others) break;
      if (reported_.insert(std::minmax(&job, hop.job, std::less<>())).second) {
        report(job, rule, hop, source);
      }
    }
  }

  void report(const Replication& job, const Rule& rule, const Routes::Hop& hop,
              const DatasetName& source) {
    Diagnostic d;
    d.code = to_string(Code::same_replication);
    const bool is_first = rule.span.begin < hop.rule->span.begin;
    const std::string first = (is_first ? job.id : hop.job->id).str();
    const std::string second = (is_first ? hop.job->id : job.id).str();
    d.message = fmt::format("`{}` and `{}` both send {} to {}", first, second,
                            shown(job.from, source), shown(job.to, hop.target));
    d.span = is_first ? hop.rule->span : rule.span;
    d.label = "in `" + second + "`";
    d.secondary = {{is_first ? rule.span : hop.rule->span, "in `" + first + "`"}};
    d.help.push_back({"let one of the two `omit` it, or send it elsewhere", std::nullopt, {}});
    diagnostics_.add(std::move(d));
  }

  const Routes& routes_;
  const Witnesses& witnesses_;
  Diagnostics& diagnostics_;
  Effort effort_;
  std::set<std::pair<const Replication*, const Replication*>> reported_;
};

// Whether some dataset that the prune matches is sent by some job.
class SomeJobSends {
 public:
  SomeJobSends(const Policy& policy, const Routes& routes, const Witnesses& witnesses)
      : policy_(policy), routes_(routes), witnesses_(witnesses) {}

  // True also where the effort does not suffice to say no.
  bool any_for(const Prune& prune) {
    for (const Rule& rule : prune.datasets.all()) {
      for (const DatasetName& d : witnesses_.of(rule)) {
        if (!prune.datasets.takes(d)) continue;
        if (!routes_.from(prune.on, d, effort_).empty() || effort_.is_spent()) return true;
        if (is_pushed_to_agent(prune.on, d)) return true;
      }
    }
    for (const Replication& job : policy_.replications) {
      if (job.from == prune.on && sends_matching(job, prune)) return true;
    }
    return false;
  }

 private:
  // Where to is for the sink to say, so there is no route.
  bool is_pushed_to_agent(const HostName& from, const DatasetName& dataset) {
    return std::any_of(policy_.replications.begin(), policy_.replications.end(),
                       [&](const Replication& job) {
                         return job.sink_decides && job.from == from && job.map.takes(dataset);
                       });
  }

  bool sends_matching(const Replication& job, const Prune& prune) {
    for (const Rule& rule : job.map.all()) {
      for (const DatasetName& d : witnesses_.of(rule)) {
        if (!effort_.spend()) return true;
        if (prune.datasets.takes(d) && job.map.takes(d)) return true;
      }
    }
    return false;
  }

  const Policy& policy_;
  const Routes& routes_;
  const Witnesses& witnesses_;
  Effort effort_;
};

void check_not_replicated(const Policy& policy, const Routes& routes, const Witnesses& witnesses,
                          Diagnostics& diagnostics) {
  SomeJobSends jobs(policy, routes, witnesses);
  for (const Prune& prune : policy.prunes) {
    for (const Keep& keep : prune.keeps) {
      if (!std::holds_alternative<KeepNotReplicated>(keep.what) || jobs.any_for(prune)) continue;
      Diagnostic d;
      d.code = to_string(Code::keeps_for_no_job);
      d.message = fmt::format(
          "`keep not_replicated` in `{}`: no push or pull from `{}` could ever send a dataset that "
          "it matches",
          prune.id.str(), prune.on.value);
      d.span = keep.span;
      d.help.push_back(
          {"remove it, or let a `map` from this host take these datasets", std::nullopt, {}});
      diagnostics.add(std::move(d));
    }
  }
}

}  // namespace

void check(const Policy& policy, bool may_lack_jobs, Diagnostics& diagnostics) {
  const Routes routes(policy);
  const Witnesses witnesses(policy);
  std::map<std::pair<HostName, HostName>, int> jobs_between;
  for (const Replication& job : policy.replications) ++jobs_between[{job.from, job.to}];
  SameReplication same(routes, witnesses, diagnostics);
  for (const Replication& job : policy.replications) {
    if (jobs_between[{job.from, job.to}] > 1) same.check(job);
  }
  check_loops(policy, routes, witnesses, diagnostics);
  if (!may_lack_jobs) check_not_replicated(policy, routes, witnesses, diagnostics);
}

}  // namespace zr
