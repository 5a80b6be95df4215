#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "executor/report/health_report.h"
#include "planner/render_text.h"

namespace zr {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : escaped(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

constexpr std::array statuses{HealthStatus::ok, HealthStatus::warning, HealthStatus::critical,
                              HealthStatus::unknown};

class Exposition {
 public:
  Exposition(const Health& health, const std::optional<PastRun>& run)
      : health_(health), run_(run) {}

  std::string text() {
    add_site();
    add_verdicts();
    add_copies();
    add_datasets();
    add_plan();
    if (run_) add_run(*run_);
    return out_ + "# EOF\n";
  }

 private:
  // What belongs to one family has to be in one place.
  void family(std::string_view name, std::string_view help, std::string_view unit = {}) {
    name_ = name;
    out_ += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", name, help, name);
    if (!unit.empty()) out_ += fmt::format("# UNIT {} {}\n", name, unit);
  }

  void sample(const Labels& labels, std::uint64_t value) {
    out_ += fmt::format("{}{{site=\"{}\"", name_, label_value(health_.site.value));
    for (const auto& [label, text] : labels)
      out_ += fmt::format(",{}=\"{}\"", label, label_value(text));
    out_ += fmt::format("}} {}\n", value);
  }

  static Labels labels_of(const HealthVerdict& v) {
    return {{"job", v.job ? v.job->str() : ""},
            {"host", v.host.value},
            {"dataset", v.dataset.value_or("")}};
  }

  void add_site() {
    family("zrepl_build_info", "The zrepl that looked; always 1.");
    sample({{"version", ZREPL_VERSION}}, 1);
    family("zrepl_health",
           "Whether the site is as its policy promises: 0 ok, 1 warning, 2 critical, 3 unknown.");
    sample({}, static_cast<std::uint64_t>(health_.status()));
    family("zrepl_observed_timestamp_seconds", "When the hosts were looked at.", "seconds");
    sample({}, whole_seconds(health_.now.time_since_epoch()));
    family("zrepl_host_reachable", "Whether a host was reached.");
    for (const HostName& host : health_.hosts) sample({{"host", host.value}}, 1);
    for (const HostName& host : health_.unreachable_hosts) sample({{"host", host.value}}, 0);
    family("zrepl_verdicts", "How many things were judged so.");
    for (const HealthStatus status : statuses)
      sample({{"status", std::string(to_string(status))}}, health_.count(status));
  }

  // Several of one kind about one thing are one sample, the worst.
  void add_verdicts() {
    std::map<Labels, HealthStatus> worst;
    for (const HealthVerdict& v : health_.verdicts) {
      Labels labels = labels_of(v);
      labels.emplace_back("aspect", to_string(v.aspect));
      const auto [found, first] = worst.try_emplace(std::move(labels), v.status);
      if (!first && is_worse(v.status, found->second)) found->second = v.status;
    }
    family("zrepl_verdict", "One thing that was judged: 0 ok, 1 warning, 2 critical, 3 unknown.");
    for (const auto& [labels, status] : worst) sample(labels, static_cast<std::uint64_t>(status));
  }

  using Figure = std::function<std::optional<std::uint64_t>(const HealthVerdict&)>;

  void add_figures(const Figure& figure) {
    for (const HealthVerdict& v : health_.verdicts) {
      if (const auto value = figure(v)) sample(labels_of(v), *value);
    }
  }

  static std::optional<std::uint64_t> count(std::optional<std::chrono::seconds> s) {
    return s ? std::optional(static_cast<std::uint64_t>(s->count())) : std::nullopt;
  }

  static bool is_copy(const HealthVerdict& v) {
    return v.aspect == HealthAspect::snapshots || v.aspect == HealthAspect::replication;
  }

  static Figure if_copy(std::optional<std::chrono::seconds> HealthVerdict::*age) {
    return [age](const HealthVerdict& v) { return is_copy(v) ? count(v.*age) : std::nullopt; };
  }

  static Figure snapshots_if(HealthAspect aspect) {
    return [aspect](const HealthVerdict& v) {
      return v.aspect == aspect ? v.snapshots : std::nullopt;
    };
  }

  void add_copies() {
    family("zrepl_newest_copy_age_seconds",
           "Age of an autosnap's newest snapshot, or of the newest copy on a target.", "seconds");
    add_figures(if_copy(&HealthVerdict::age));
    family("zrepl_promised_age_seconds", "The age that the policy promises not to be exceeded.",
           "seconds");
    add_figures(if_copy(&HealthVerdict::promised_age));
    family("zrepl_critical_age_seconds", "The age above which it is critical.", "seconds");
    add_figures(if_copy(&HealthVerdict::critical_age));
    family("zrepl_lag_snapshots", "Snapshots that are still to be sent to a target.", "snapshots");
    add_figures(snapshots_if(HealthAspect::replication));
    family("zrepl_overdue_snapshots", "Snapshots that a prune should have destroyed.", "snapshots");
    add_figures(snapshots_if(HealthAspect::retention));
    family("zrepl_base_lost_in_seconds",
           "Time until retention lets go of an incremental base that has no bookmark.", "seconds");
    add_figures([](const HealthVerdict& v) { return count(v.base_lost_in); });
  }

  void add_datasets() {
    const auto each = [&](const auto& figure) {
      for (const HealthDataset& d : health_.datasets) {
        const std::optional<std::uint64_t> value = figure(d);
        if (value) sample({{"host", d.host.value}, {"dataset", d.dataset.str()}}, *value);
      }
    };
    family("zrepl_snapshots", "Snapshots of a dataset, whoever made them.", "snapshots");
    each([](const HealthDataset& d) { return std::optional(d.snapshots); });
    family("zrepl_oldest_snapshot_age_seconds", "Age of a dataset's oldest snapshot.", "seconds");
    each([](const HealthDataset& d) { return count(d.oldest_age); });
  }

  void add_plan() {
    std::map<ConflictKind, std::uint64_t> conflicts;
    for (std::size_t i = 0; i < conflict_kinds; ++i) conflicts[static_cast<ConflictKind>(i)] = 0;
    for (const HealthVerdict& v : health_.verdicts) {
      if (v.conflict) ++conflicts[*v.conflict];
    }
    family("zrepl_conflicts", "Conflicts of the plan that would be made now, by kind.");
    for (const auto& [kind, n] : conflicts) sample({{"kind", std::string(to_string(kind))}}, n);
    family("zrepl_plan_steps", "Steps of the plan that would be made now, by kind.");
    for (const auto& [kind, n] : health_.plan_steps) sample({{"kind", kind}}, n);
    family("zrepl_plan_bytes", "What its streams would carry, estimated.", "bytes");
    sample({}, health_.plan_bytes);
    family("zrepl_plan_blocked", "What a prune would destroy and may not.");
    sample({}, health_.plan_blocked);
  }

  static std::uint64_t whole_seconds(Millis::duration time) {
    const auto count = std::chrono::floor<std::chrono::seconds>(time).count();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, count));
  }

  void add_run(const PastRun& run) {
    family("zrepl_last_run_end_timestamp_seconds",
           "When the last run ended that had something to do.", "seconds");
    sample({}, whole_seconds(run.ended.value_or(Millis{}).time_since_epoch()));
    if (const auto duration = run.duration()) {
      family("zrepl_last_run_duration_seconds", "How long it took.", "seconds");
      sample({}, whole_seconds(*duration));
    }
    if (run.bytes) {
      family("zrepl_last_run_bytes", "What its streams were to carry, estimated.", "bytes");
      sample({}, *run.bytes);
    }
    family("zrepl_last_run_steps", "Its steps, by what became of them.");
    for (const auto& [outcome, n] : run.steps) sample({{"outcome", outcome}}, n);
    std::map<std::string, std::uint64_t> failed = run.failed_steps;
    for (const auto& [kind, n] : health_.plan_steps) failed.emplace(kind, 0);
    family("zrepl_last_run_failed_steps", "Those of its steps that failed, by kind.");
    for (const auto& [kind, n] : failed) sample({{"kind", kind}}, n);
  }

  static constexpr std::size_t conflict_kinds =
      static_cast<std::size_t>(ConflictKind::host_unreachable) + 1;

  const Health& health_;
  const std::optional<PastRun>& run_;
  std::string_view name_;
  std::string out_;
};

}  // namespace

std::string health_to_openmetrics(const Health& health, const std::optional<PastRun>& run) {
  return Exposition(health, run).text();
}

}  // namespace zr
