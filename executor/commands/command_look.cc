#include "executor/commands/command_look.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <filesystem>

#include "executor/commands/effective.h"
#include "executor/commands/planning.h"
#include "executor/commands/site.h"
#include "executor/progress/progress_text.h"
#include "executor/report/report.h"
#include "executor/text_file.h"
#include "planner/json.h"
#include "planner/why.h"

namespace zr {
namespace {

Failure wrong(const std::string& message, std::string_view help = {}) {
  return Failure::because(ExitStatus::wrong, message, help);
}

std::variant<DatasetName, Failure> dataset_named(std::string_view text) {
  if (auto name = DatasetName::parse(text)) return std::move(*name);
  return wrong(fmt::format("'{}' is not the name of a dataset: {}", one_line(text),
                           DatasetName::problem(text)));
}

std::string fate(const Rules& rules, const DatasetName& dataset) {
  if (const auto target = rules.target(dataset)) return target->str();
  return rules.takes(dataset) ? "ok" : "omit";
}

std::string map_text(const Rules& rules, const DatasetName& dataset) {
  std::string text = fmt::format("{} -> {}\n", dataset.str(), fate(rules, dataset));
  const std::vector<const Rule*> candidates = rules.candidates(dataset);
  if (candidates.empty()) return text + "no rule takes it, and that means omit\n";
  std::size_t width = 0;
  for (const Rule* rule : candidates) width = std::max(width, rule->str().size());
  for (const Rule* rule : candidates)
    text +=
        fmt::format("  {:<11}{:<{}}  {}:{}\n", rule == candidates.front() ? "decided by" : "beats",
                    rule->str(), width, rule->origin.file, rule->origin.line);
  return text;
}

// What `why` is asked about.
struct Object {
  HostName host;
  DatasetName dataset;
  std::optional<std::string> snapshot;
};

std::variant<Object, Failure> parse_object(const Policy& policy, std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return wrong(fmt::format("'{}' names no host", one_line(text)),
                 "write HOST:DATASET or HOST:DATASET@SNAPSHOT");
  auto host = find_host(policy, text.substr(0, colon));
  if (auto* failure = std::get_if<Failure>(&host)) return *failure;
  const std::string_view rest = text.substr(colon + 1);
  const std::size_t at = rest.find('@');
  auto dataset = dataset_named(rest.substr(0, at));
  if (auto* failure = std::get_if<Failure>(&dataset)) return *failure;
  Object object{std::get<HostName>(host), std::get<DatasetName>(dataset), {}};
  if (at != std::string_view::npos) {
    object.snapshot = rest.substr(at + 1);
    if (!is_version_name(*object.snapshot))
      return wrong(fmt::format("'{}' is not the name of a snapshot", one_line(*object.snapshot)));
  }
  return object;
}

// A host that can't be seen can't be explained, and a name that isn't there is a slip.
std::optional<Failure> missing(const World& world, const Object& object) {
  const auto host = world.hosts.find(object.host);
  if (host == world.hosts.end()) {
    const auto why = world.unreachable.find(object.host);
    return Failure::because(
        ExitStatus::failed,
        fmt::format(
            "host {} can't be seen: {}", object.host.value,
            why == world.unreachable.end() ? "the world does not have it" : one_line(why->second)));
  }
  if (!object.snapshot) return {};
  const Dataset* dataset = host->second.find(object.dataset);
  if (dataset && dataset->find(VersionKind::snapshot, *object.snapshot)) return {};
  std::vector<std::string> names;
  if (dataset)
    for (const Version& version : dataset->versions)
      if (version.is_snapshot()) names.push_back(version.name);
  std::string message = fmt::format("{}:{} has no snapshot '{}'", object.host.value,
                                    object.dataset.str(), *object.snapshot);
  if (const auto meant = nearest_name(*object.snapshot, names))
    message += fmt::format("; did you mean '{}'?", *meant);
  return Failure::because(ExitStatus::failed, message);
}

// One line below errors: where to read on.
std::string explain_hint(const Diagnostics& diagnostics) {
  const std::vector<Diagnostic> all = diagnostics.sorted();
  if (all.empty()) return {};
  return fmt::format("\nto know more about {}: zrepl explain {}\n",
                     all.size() == 1 ? "this" : "the first", all.front().code);
}

// Whether findings make the file wrong: those at least as grave as `deny`.
bool is_denied(const Diagnostics& diagnostics, std::optional<Severity> deny) {
  return (deny && diagnostics.count(Severity::warning) > 0) ||
         (deny == Severity::note && diagnostics.count(Severity::note) > 0);
}

}  // namespace

Outcome check(const CheckCommand& command, const Console& console) {
  auto text = read_site_file(command.site);
  if (auto* failure = std::get_if<Failure>(&text)) return *failure;
  const Compilation done = check_text(command.site, std::get<std::string>(std::move(text)));
  const Sources& sources = done.sources;
  const Diagnostics& diagnostics = done.diagnostics;
  const auto& policy = done.policy;
  DiagnosticStyle style = style_of(console);
  style.notes = true;
  const auto in_text = [&] { return render(diagnostics, sources, style); };
  const bool denied = is_denied(diagnostics, command.deny);
  switch (command.format) {
    case ReportFormat::text:
      console.err << in_text() << explain_hint(diagnostics);
      if (command.show_allowed) console.err << render_allowed(diagnostics, sources, style);
      if (!diagnostics.has_errors()) {
        const std::string findings = findings_of(diagnostics);
        fmt::print(console.out, "{}: site {}: {}{}{}\n", denied ? "denied" : "ok",
                   policy->site.value, contents_of(*policy), findings.empty() ? "" : "; ",
                   findings);
      }
      break;
    case ReportFormat::json:
      console.out << diagnostics_to_json(diagnostics, sources, command.show_allowed);
      break;
    case ReportFormat::sarif:
      console.out << diagnostics_to_sarif(diagnostics, sources, std::filesystem::current_path());
      break;
    case ReportFormat::github:
      console.out << annotations(diagnostics, sources, std::filesystem::current_path());
      console.err << in_text();
      break;
  }
  return diagnostics.has_errors() || denied ? ExitStatus::wrong : ExitStatus::done;
}

Outcome observe_site(const ObserveCommand& command, std::chrono::seconds zfs_timeout,
                     const Outside& outside, const Console& console) {
  auto site = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  const Policy& policy = std::get<Site>(site).policy;
  console.err << std::get<Site>(site).warnings;
  const Reach reach = reach_of(policy, outside.clock(), zfs_timeout);
  auto seen = world_for(policy, {}, reach, outside);
  if (auto* failure = std::get_if<Failure>(&seen)) return *failure;
  const World& world = std::get<World>(seen);
  if (command.out) {
    if (auto saved = write_text_file(*command.out, world_to_json(world)); !saved)
      return Failure::because(ExitStatus::failed, saved.error().message);
  } else {
    console.out << world_to_json(world);
  }
  for (const auto& [host, reason] : world.unreachable)
    fmt::print(console.err, "host {} is not in it: {}\n", host.value, one_line(reason));
  return world.unreachable.empty() ? ExitStatus::done : ExitStatus::conflicts;
}

Outcome show_effective(const std::string& path, const std::optional<std::string>& object,
                       const Console& console) {
  auto site = load_site(path, style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  const auto& [policy, warnings] = std::get<Site>(site);
  console.err << warnings;
  if (!object) {
    console.out << effective_text(policy);
    return ExitStatus::done;
  }
  const auto parsed = parse_object(policy, *object);
  if (const auto* failure = std::get_if<Failure>(&parsed)) return *failure;
  const Object& of = std::get<Object>(parsed);
  if (of.snapshot) return wrong("settings apply to datasets, not to snapshots; see `zrepl why`");
  console.out << effective_text(policy, of.host, of.dataset);
  return ExitStatus::done;
}

Outcome map(const MapCommand& command, const Console& console) {
  auto site = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  const auto& [policy, warnings] = std::get<Site>(site);
  console.err << warnings;
  const auto rules = find_rules(policy, command.job);
  if (const auto* failure = std::get_if<Failure>(&rules)) return *failure;
  const auto dataset = dataset_named(command.dataset);
  if (const auto* failure = std::get_if<Failure>(&dataset)) return *failure;
  console.out << map_text(*std::get<const Rules*>(rules), std::get<DatasetName>(dataset));
  return ExitStatus::done;
}

Outcome why_of(const WhyCommand& command, std::chrono::seconds zfs_timeout, const Outside& outside,
               const Console& console) {
  auto site = load_site(command.site, style_of(console));
  if (auto* failure = std::get_if<Failure>(&site)) return *failure;
  const Policy& policy = std::get<Site>(site).policy;
  console.err << std::get<Site>(site).warnings;
  const auto parsed = parse_object(policy, command.object);
  if (const auto* failure = std::get_if<Failure>(&parsed)) return *failure;
  const Object& object = std::get<Object>(parsed);
  const Millis now = command.planning.now.value_or(outside.clock());
  auto seen = world_for(policy, command.planning, reach_of(policy, now, zfs_timeout), outside);
  if (auto* failure = std::get_if<Failure>(&seen)) return *failure;
  const World& world = std::get<World>(seen);
  if (auto failure = missing(world, object)) return *failure;
  console.out << why(policy, world, now, object.host, object.dataset, object.snapshot);
  return ExitStatus::done;
}

}  // namespace zr
