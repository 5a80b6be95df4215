#include <fmt/format.h>

#include <algorithm>

#include "executor/report/health_report.h"
#include "planner/health_text.h"
#include "planner/render_text.h"

namespace zr {
namespace {

// Longer outputs are cut off anyway, in the middle.
constexpr std::size_t most_findings = 100;

std::string_view word(HealthStatus status) {
  switch (status) {
    case HealthStatus::ok:
      return "OK";
    case HealthStatus::warning:
      return "WARNING";
    case HealthStatus::critical:
      return "CRITICAL";
    case HealthStatus::unknown:
      break;
  }
  return "UNKNOWN";
}

// A bar begins performance data, on any line.
std::string without_bars(std::string text) {
  std::replace(text.begin(), text.end(), '|', '/');
  return text;
}

std::string finding(const HealthVerdict& v) {
  return without_bars(fmt::format("{}: {}", place_of(v), escaped(v.message)));
}

// Quoted, with no quotes or equals signs inside.
std::string label(const HealthVerdict& v, std::string_view what) {
  std::string text = without_bars(fmt::format("{} {}", place_of(v), what));
  std::erase(text, '\'');
  std::replace(text.begin(), text.end(), '=', '_');
  return "'" + text + "'";
}

std::string seconds_or_nothing(std::optional<std::chrono::seconds> s) {
  return s ? fmt::format("{}", s->count()) : std::string();
}

// 'label'=value[UOM];warn;crit;min
void add_performance_data(std::string& out, const HealthVerdict& v) {
  const auto add_age = [&](std::string_view what) {
    if (!v.age) return;
    out += fmt::format(" {}={}s;{};{};0", label(v, what), v.age->count(),
                       seconds_or_nothing(v.promised_age), seconds_or_nothing(v.critical_age));
  };
  if (v.aspect == HealthAspect::snapshots || v.aspect == HealthAspect::replication) add_age("age");
  if (!v.snapshots) return;
  if (v.aspect == HealthAspect::replication)
    out += fmt::format(" {}={};;;0", label(v, "lag"), *v.snapshots);
  if (v.aspect == HealthAspect::retention)
    out += fmt::format(" {}={};0;;0", label(v, "overdue"), *v.snapshots);
}

std::string performance_data(const Health& health) {
  std::string out;
  for (const HealthStatus status :
       {HealthStatus::critical, HealthStatus::unknown, HealthStatus::warning, HealthStatus::ok}) {
    out += fmt::format(" {}={};;;0", to_string(status), health.count(status));
  }
  for (const HealthVerdict& v : health.verdicts) add_performance_data(out, v);
  return out;
}

}  // namespace

std::string health_to_nagios(const Health& health) {
  const auto findings = health.findings();
  std::string out = fmt::format("ZREPL {} - ", word(health.status()));
  if (findings.empty()) {
    out += fmt::format("site {} is as promised: {}", escaped(health.site.value), counts_of(health));
  } else {
    out += finding(*findings.front());
    if (findings.size() > 1) out += fmt::format(" (and {} more)", findings.size() - 1);
  }
  out += " |" + performance_data(health) + "\n";
  for (std::size_t i = 0; i < std::min(findings.size(), most_findings); ++i) {
    const HealthVerdict& v = *findings[i];
    out += fmt::format("{} {}\n", word(v.status), finding(v));
    if (!v.help.empty()) out += without_bars(fmt::format("  help: {}\n", escaped(v.help)));
  }
  if (findings.size() > most_findings) {
    out += fmt::format("and {} more; `zrepl health` shows them\n", findings.size() - most_findings);
  }
  return out;
}

}  // namespace zr
