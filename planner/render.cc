#include "planner/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "planner/render_parts.h"
#include "planner/render_text.h"

namespace zr {
namespace {

std::string hosts_text(const Plan& plan) {
  std::set<HostName> all(plan.hosts.begin(), plan.hosts.end());
  all.insert(plan.unreachable_hosts.begin(), plan.unreachable_hosts.end());
  const std::set<HostName> missing(plan.unreachable_hosts.begin(), plan.unreachable_hosts.end());
  std::string out = fmt::format("hosts {}/{}", all.size() - missing.size(), all.size());
  const char* separator = ", not reached: ";
  for (const HostName& host : missing) {
    out += separator + escaped(host.value);
    separator = ", ";
  }
  return out;
}

void render_header(Page& page, const Plan& plan) {
  constexpr std::size_t hash_digits = 12;
  if (plan.noop()) page.add("Nothing to do", Paint::good).add("  ");
  page.add(fmt::format("site {}", escaped(plan.site.value)), Paint::heading);
  page.add(fmt::format(" ({})  policy {}  at {}  {}", escaped(plan.site_file),
                       escaped(plan.policy_hash.substr(0, hash_digits)), format_time(plan.now),
                       hosts_text(plan)));
  page.end_line();
}

void render_legend(Page& page, const Plan& plan) {
  std::set<Sign> used;
  for (const Step& step : plan.steps) {
    if (!std::holds_alternative<Recv>(step.action)) used.insert(sign_of(step.action));
  }
  if (!plan.blocked.empty() || !plan.conflicts.empty()) used.insert(Sign::stop);
  constexpr std::size_t widest = 100;
  std::size_t width = 0;
  for (const Sign sign : {Sign::snapshot, Sign::full, Sign::incremental, Sign::resume, Sign::mark,
                          Sign::rollback, Sign::rename, Sign::destroy, Sign::stop}) {
    if (!used.contains(sign)) continue;
    const std::string_view meaning = meaning_of(sign);
    if (width + meaning.size() + 4 > widest) {
      page.end_line();
      width = 0;
    }
    page.add("  ").sign(sign).add(" ").add(meaning);
    width += meaning.size() + 4;
  }
  page.end_line();
}

// "pull.offsite receives with canmount=noauto, without mountpoint, at 80 MiB/s at most". Empty
// where nothing was asked for.
std::string receive_options(const Step& step, const Recv& recv) {
  std::vector<std::string> parts;
  for (const auto& [property, value] : recv.set) {
    parts.push_back(fmt::format("with {}={}", escaped(property), shown(value)));
  }
  for (const std::string& property : recv.exclude) parts.push_back("without " + escaped(property));
  if (recv.rate_bytes_per_second) {
    parts.push_back(fmt::format("at {}/s at most", format_bytes(*recv.rate_bytes_per_second)));
  }
  if (parts.empty()) return {};
  return fmt::format("{} receives {}", step.job ? escaped(step.job->str()) : "one stream",
                     fmt::join(parts, ", "));
}

// Once for each job, not for each of its streams.
void render_receive_options(Page& page, const Plan& plan) {
  std::set<std::string> lines;
  for (const Step& step : plan.steps) {
    const auto* recv = std::get_if<Recv>(&step.action);
    if (recv) lines.insert(receive_options(step, *recv));
  }
  lines.erase("");
  for (const std::string& line : lines) page.add("  ").add(line, Paint::faint).end_line();
}

void render_notes(Page& page, const Plan& plan) {
  if (plan.notes.empty()) return;
  page.blank_line();
  page.add("Notes", Paint::heading).end_line();
  for (const std::string& note : plan.notes) page.add("  ").add(escaped(note)).end_line();
}

}  // namespace

std::string render(const Plan& plan, const RenderOptions& options) {
  Page page(options.color);
  const Receivers receivers(plan);
  render_header(page, plan);
  if (!plan.noop()) {
    render_legend(page, plan);
    render_receive_options(page, plan);
    render_paragraphs(page, plan, receivers);
  }
  render_notes(page, plan);
  if (!plan.noop()) {
    page.blank_line();
    page.add("Plan", Paint::heading).add(": " + totals(plan)).end_line();
  }
  render_attention(page, plan, receivers);
  render_budget(page, plan);
  return std::move(page).take();
}

}  // namespace zr
