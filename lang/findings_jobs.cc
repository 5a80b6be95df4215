#include <fmt/format.h>

#include <algorithm>

#include "lang/context.h"
#include "lang/findings.h"
#include "lang/quote.h"
#include "lang/snapshot_names.h"

// Blocks that do nothing, whatever the hosts hold.

namespace zr {
namespace {

bool takes_nothing(const Rules& rules) {
  return std::all_of(rules.all().begin(), rules.all().end(),
                     [](const Rule& rule) { return std::holds_alternative<Omit>(rule.result); });
}

void check_datasets(const Rules& rules, const std::string& name, Span span, const char* help,
                    Findings& findings) {
  if (!takes_nothing(rules)) return;
  Diagnostic d = finding(Code::idle_job, Severity::warning, span,
                         fmt::format("`{}` does nothing: it takes no dataset at all", name));
  d.help.push_back(advice(help));
  findings.add(std::move(d));
}

// Whether the expression matches every name that gets through the filter.
bool matches_all_of(const Regex& regex, const SnapshotFilter& filter) {
  if (matches_every(regex, "")) return true;
  if (filter.any) return false;
  return std::all_of(filter.lines.begin(), filter.lines.end(), [&](const auto& line) {
    const auto* prefix = std::get_if<NamePrefix>(&line);
    if (prefix != nullptr) return matches_every(regex, prefix->prefix);
    return std::get<NameMatching>(line).regex == regex;
  });
}

void check_keeps(const Prune& prune, Findings& findings) {
  for (const Keep& keep : prune.keeps) {
    const auto* matching = std::get_if<KeepMatching>(&keep.what);
    if (matching == nullptr || !matches_all_of(matching->regex, prune.snapshots)) continue;
    Diagnostic d =
        finding(Code::keeps_everything, Severity::warning, prune.span,
                fmt::format("`{}` can never destroy anything: one of its keeps wants all "
                            "that it judges",
                            prune.id.str()));
    const auto& lines = prune.snapshots.lines;
    const auto* prefix = lines.empty() ? nullptr : std::get_if<NamePrefix>(&lines.front());
    const std::string what =
        prefix == nullptr ? "that `snapshots` takes" : "that begins with " + quoted(prefix->prefix);
    d.secondary.push_back({keep.span, "matches every name " + what});
    d.help.push_back(advice("remove it, or let it match fewer names"));
    findings.add(std::move(d));
  }
}

}  // namespace

void find_idle_jobs(const Policy& policy, Findings& findings) {
  constexpr const char* filter_help = "give its `datasets` a rule with `ok`, or remove the block";
  constexpr const char* map_help = "give its `map` a rule with a target, or remove the block";
  for (const Autosnap& job : policy.autosnaps) {
    check_datasets(job.datasets, job.id.str(), job.span, filter_help, findings);
  }
  for (const Replication& job : policy.replications) {
    const char* help = job.sink_decides ? filter_help : map_help;
    check_datasets(job.map, job.id.str(), job.span, help, findings);
  }
  for (const Prune& job : policy.prunes) {
    check_datasets(job.datasets, job.id.str(), job.span, filter_help, findings);
    check_keeps(job, findings);
  }
  for (const Protect& block : policy.protects) {
    check_datasets(block.datasets, "protect", block.span, filter_help, findings);
  }
  for (const Sink& sink : policy.sinks) {
    check_datasets(sink.map, sink.name(), sink.span, map_help, findings);
  }
  for (const PullAcl& acl : policy.pull_acls) {
    check_datasets(acl.datasets, acl.name(), acl.span, filter_help, findings);
  }
}

}  // namespace zr
