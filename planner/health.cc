#include "planner/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "planner/health_judge.h"
#include "planner/render.h"

namespace zr {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 4> status_names{"ok", "warning", "critical", "unknown"};
constexpr std::array<std::string_view, 6> aspect_names{"host",        "conflict",  "snapshots",
                                                       "replication", "retention", "base"};
constexpr std::array<std::string_view, 12> step_kinds{"create",  "snapshot", "send",     "recv",
                                                      "resume",  "abort",    "bookmark", "hold",
                                                      "release", "rollback", "destroy",  "rename"};

int gravity(HealthStatus status) {
  switch (status) {
    case HealthStatus::ok:
      return 0;
    case HealthStatus::warning:
      return 1;
    case HealthStatus::unknown:
      return 2;
    case HealthStatus::critical:
      break;
  }
  return 3;
}

auto place_of(const HealthVerdict& v) {
  return std::tie(v.host, v.dataset, v.aspect, v.job, v.message);
}

}  // namespace

std::string_view to_string(HealthStatus status) {
  return status_names.at(static_cast<std::size_t>(status));
}

std::string_view to_string(HealthAspect aspect) {
  return aspect_names.at(static_cast<std::size_t>(aspect));
}

bool is_worse(HealthStatus status, HealthStatus than) { return gravity(status) > gravity(than); }

HealthStatus Health::status() const {
  HealthStatus worst = HealthStatus::ok;
  for (const HealthVerdict& v : verdicts) {
    if (is_worse(v.status, worst)) worst = v.status;
  }
  return worst;
}

std::uint64_t Health::count(HealthStatus status) const {
  return static_cast<std::uint64_t>(
      std::count_if(verdicts.begin(), verdicts.end(),
                    [&](const HealthVerdict& v) { return v.status == status; }));
}

std::vector<const HealthVerdict*> Health::findings() const {
  std::vector<const HealthVerdict*> out;
  for (const HealthVerdict& v : verdicts) {
    if (v.status != HealthStatus::ok) out.push_back(&v);
  }
  std::stable_sort(out.begin(), out.end(), [](const HealthVerdict* a, const HealthVerdict* b) {
    return is_worse(a->status, b->status);
  });
  return out;
}

HealthJudge::HealthJudge(const Policy& policy, const World& world, Millis now)
    : policy_(policy),
      now_(floor<seconds>(now)),
      seen_(policy, world, now),
      planned_(policy, world, now) {
  plan_all(planned_);
}

seconds HealthJudge::age_of(const Version& version) const {
  return std::max(seconds(0), now_ - version.creation);
}

HealthVerdict HealthJudge::verdict(HealthAspect aspect, const HostName& host,
                                   const DatasetName& dataset, const JobId& job,
                                   const Origin& origin) const {
  return {aspect, HealthStatus::ok, host, dataset.str(), job, {}, {}, origin};
}

HealthStatus by_age(const HealthVerdict& v, seconds age) {
  if (v.critical_age && age > *v.critical_age) return HealthStatus::critical;
  if (v.promised_age && age > *v.promised_age) return HealthStatus::warning;
  return HealthStatus::ok;
}

const FutureDataset* HealthJudge::planned(const FutureDataset& seen) const {
  return planned_.future.find(seen.host, planned_.future.renamed(seen.host, seen.name));
}

// What is known of the datasets, and of the plan that would be made.
void HealthJudge::describe_datasets() {
  std::set<Key> concerned;
  for (const HealthVerdict& v : health_.verdicts) {
    const auto name = v.dataset ? DatasetName::parse(*v.dataset) : std::nullopt;
    if (name) concerned.insert({v.host, *name});
  }
  for (const auto& [host, name] : concerned) {
    const FutureDataset* dataset = seen_.future.find(host, name);
    if (!dataset || !dataset->exists) continue;
    HealthDataset figures{host, name, 0, {}, {}};
    for (const std::size_t i : dataset->snapshots()) {
      const seconds age = age_of(dataset->version(i));
      ++figures.snapshots;
      figures.newest_age = std::min(age, figures.newest_age.value_or(age));
      figures.oldest_age = std::max(age, figures.oldest_age.value_or(age));
    }
    health_.datasets.push_back(std::move(figures));
  }
}

// A host that is out of reach is one finding, however many jobs go there.
void HealthJudge::judge_hosts_and_conflicts(const Plan& plan) {
  std::map<HostName, HealthVerdict> hosts;
  std::map<HostName, std::string> jobs;
  for (const HostName& host : health_.hosts) {
    hosts.emplace(
        host,
        HealthVerdict{HealthAspect::host, HealthStatus::ok, host, {}, {}, "is in reach", {}, {}});
  }
  for (const Conflict& c : plan.conflicts) {
    if (c.kind != ConflictKind::host_unreachable) {
      health_.verdicts.push_back({HealthAspect::conflict, HealthStatus::critical, c.host, c.dataset,
                                  c.job, fmt::format("{}: {}", to_string(c.kind), c.message),
                                  c.help, c.origin});
      health_.verdicts.back().conflict = c.kind;
      continue;
    }
    std::string& of = jobs[c.host];
    if (c.job) of += (of.empty() ? "" : ", ") + c.job->str();
    hosts.insert_or_assign(
        c.host,
        HealthVerdict{HealthAspect::host,
                      HealthStatus::unknown,
                      c.host,
                      {},
                      {},
                      fmt::format("is out of reach, so nothing is known of {}: {}", of, c.message),
                      "see whether `zrepl observe` gets there",
                      c.origin});
    hosts.at(c.host).conflict = c.kind;
  }
  for (auto& [host, v] : hosts) health_.verdicts.push_back(std::move(v));
}

// Until somebody allows it, no apply does anything at all.
void HealthJudge::judge_budgets(const Plan& plan) {
  for (const OverBudget& over : plan.over_budget) {
    health_.verdicts.push_back({HealthAspect::conflict,
                                HealthStatus::critical,
                                over.host,
                                {},
                                {},
                                "the plan is over budget: it " + describe(over),
                                "see what it does: zrepl plan " + plan.site_file,
                                {}});
  }
}

void HealthJudge::describe_plan(const Plan& plan) {
  health_.site_file = plan.site_file;
  health_.site = plan.site;
  health_.policy_hash = plan.policy_hash;
  health_.now = plan.now;
  health_.only = policy_.only;
  health_.hosts = plan.hosts;
  health_.unreachable_hosts = plan.unreachable_hosts;
  for (const std::string_view kind : step_kinds) health_.plan_steps.emplace(kind, 0);
  for (const Step& step : plan.steps) ++health_.plan_steps[std::string(kind_of(step.action))];
  health_.plan_bytes = plan.summary().bytes;
  health_.plan_blocked = plan.blocked.size();
}

Health HealthJudge::judge() && {
  judge_snapshots();
  judge_pairs();
  judge_pairs_out_of_sight();
  judge_retention();
  const Plan plan = std::move(planned_).finish();
  describe_plan(plan);
  judge_hosts_and_conflicts(plan);
  judge_budgets(plan);
  describe_datasets();
  std::sort(health_.verdicts.begin(), health_.verdicts.end(),
            [](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
  return std::move(health_);
}

Health judge_health(const Policy& policy, const World& world, Millis now) {
  return HealthJudge(policy, world, now).judge();
}

}  // namespace zr
