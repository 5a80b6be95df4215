#include "planner/health_text.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "planner/render_parts.h"
#include "planner/render_text.h"

namespace zr {
namespace {

Paint paint_of(HealthStatus status) {
  switch (status) {
    case HealthStatus::ok:
      return Paint::good;
    case HealthStatus::warning:
      return Paint::warning;
    case HealthStatus::critical:
      return Paint::danger;
    case HealthStatus::unknown:
      break;
  }
  return Paint::info;
}

void render_finding(Page& page, const HealthVerdict& v) {
  page.blank_line();
  page.add(fmt::format("{:<8}", to_string(v.status)), paint_of(v.status)).add("  ");
  page.add(place_of(v));
  if (v.origin.line > 0) page.add(fmt::format(" ({}:{})", escaped(v.origin.file), v.origin.line));
  page.end_line();
  page.add("    ").add(escaped(v.message)).end_line();
  if (!v.help.empty()) page.add("    help: ").add(escaped(v.help)).end_line();
}

// Where nothing ran for a day, each of thousands of datasets is late in the same way.
constexpr std::uint64_t most_alike = 20;

}  // namespace

std::string place_of(const HealthVerdict& v) {
  std::string place = v.dataset ? shown(v.host, *v.dataset) : escaped(v.host.value);
  if (v.job) place += " " + escaped(v.job->str());
  return place;
}

std::string counts_of(const Health& health) {
  std::vector<std::string> parts;
  for (const HealthStatus status :
       {HealthStatus::critical, HealthStatus::unknown, HealthStatus::warning, HealthStatus::ok}) {
    const std::uint64_t n = health.count(status);
    if (n > 0) parts.push_back(fmt::format("{} {}", n, to_string(status)));
  }
  return parts.empty() ? "nothing to judge" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string render(const Health& health, const RenderOptions& options) {
  Page page(options.color);
  const HealthStatus status = health.status();
  page.add(to_string(status), paint_of(status));
  page.add(fmt::format(": site {} ({}) at {}: {}", escaped(health.site.value),
                       escaped(health.site_file), format_time(health.now), counts_of(health)));
  page.end_line();
  using Alike = std::tuple<HealthStatus, HealthAspect, std::optional<JobId>>;
  std::map<Alike, std::uint64_t> seen;
  for (const HealthVerdict* v : health.findings()) {
    if (++seen[{v->status, v->aspect, v->job}] <= most_alike) render_finding(page, *v);
  }
  for (const auto& [alike, n] : seen) {
    if (n <= most_alike) continue;
    const auto& [worst, aspect, job] = alike;
    page.blank_line();
    page.add(fmt::format("and {} more {} of {} ({}); --format json has all of them", n - most_alike,
                         to_string(worst), job ? escaped(job->str()) : "no job",
                         to_string(aspect)));
    page.end_line();
  }
  return std::move(page).take();
}

}  // namespace zr
