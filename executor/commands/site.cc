#include "executor/commands/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "executor/progress/progress_text.h"
#include "executor/text_file.h"
#include "lang/compile.h"
#include "lang/parse.h"
#include "lang/site_tests.h"
#include "lang/stdlib.h"

namespace zr {
namespace {

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : noun.back() == 'h' ? "es" : "s");
}

std::size_t replications(const Policy& policy, JobKind kind) {
  return static_cast<std::size_t>(
      std::count_if(policy.replications.begin(), policy.replications.end(),
                    [&](const Replication& job) { return job.id.kind == kind; }));
}

// "unknown job 'pull.ofsite'; did you mean 'pull.offsite'?", and which there are.
Failure unknown(std::string_view what, std::string_view name, const std::vector<std::string>& known,
                const Policy& policy) {
  std::string message = fmt::format("{} has no {} '{}'", policy.file, what, one_line(name));
  if (const auto meant = nearest_name(name, known))
    message += fmt::format("; did you mean '{}'?", *meant);
  constexpr std::size_t most = 20;
  std::string help = fmt::format("its {}s are", what);
  for (std::size_t i = 0; i < known.size() && i < most; ++i)
    help += (i == 0 ? " " : ", ") + known[i];
  if (known.empty()) help = fmt::format("it has no {}s at all", what);
  if (known.size() > most) help += fmt::format(", and {} more", known.size() - most);
  return Failure::because(ExitStatus::wrong, message, help);
}

}  // namespace

Compilation compile_text(const std::string& path, std::string text) {
  Compilation done;
  const SourceId source = done.sources.add(path, std::move(text));
  const Import import = [&sources = done.sources](std::string_view used) -> Imported {
    const std::filesystem::path file(used);
    auto read = read_regular_file(file, max_source_bytes);
    if (read) return {sources.add(std::string(used), std::move(*read)), {}};
    std::error_code ignored;
    const bool is_there = std::filesystem::symlink_status(file, ignored).type() !=
                          std::filesystem::file_type::not_found;
    return {std::nullopt, is_there ? read.error().message : ""};
  };
  if (const auto file = parse(done.sources, source, done.diagnostics))
    done.policy = compile(*file, import, done.sources, done.diagnostics);
  if (done.diagnostics.has_errors()) done.policy.reset();
  return done;
}

Compilation check_text(const std::string& path, std::string text) {
  Compilation done = compile_text(path, std::move(text));
  if (done.policy) run_tests(*done.policy, done.diagnostics);
  return done;
}

std::variant<std::string, Failure> read_site_file(const std::string& path) {
  // A part of the built-in library, unless there is a file of that name.
  if (const auto built_in = stdlib_text(path); built_in && !std::filesystem::exists(path))
    return std::string(*built_in);
  auto text = read_text_file(path, max_source_bytes);
  if (!text)
    return Failure::because(ExitStatus::wrong, text.error().message,
                            "the site file is the text that says what this site should look like");
  return std::move(*text);
}

std::variant<Site, Failure> load_site(const std::string& path, const DiagnosticStyle& style) {
  auto text = read_site_file(path);
  if (auto* failure = std::get_if<Failure>(&text)) return *failure;
  return compile_site(path, std::get<std::string>(std::move(text)), style);
}

std::variant<Site, Failure> compile_site(const std::string& path, std::string text,
                                         const DiagnosticStyle& style) {
  Compilation done = compile_text(path, std::move(text));
  std::string rendered = render(done.diagnostics, done.sources, style);
  if (!done.policy) return Failure{ExitStatus::wrong, std::move(rendered)};
  return Site{std::move(*done.policy), std::move(rendered)};
}

std::optional<Failure> select_jobs(Policy& policy, const std::vector<std::string>& names) {
  std::vector<JobId> only;
  for (const std::string& name : names) {
    auto job = find_job(policy, name);
    if (auto* failure = std::get_if<Failure>(&job)) return *failure;
    only.push_back(std::get<JobId>(job));
  }
  std::sort(only.begin(), only.end());
  only.erase(std::unique(only.begin(), only.end()), only.end());
  policy.only = std::move(only);
  return {};
}

std::variant<JobId, Failure> find_job(const Policy& policy, std::string_view name) {
  const std::vector<JobId> jobs = policy.jobs();
  std::vector<std::string> known;
  for (const JobId& job : jobs) {
    known.push_back(job.str());
    if (known.back() == name) return job;
  }
  return unknown("job", name, known, policy);
}

std::variant<const Rules*, Failure> find_rules(const Policy& policy, std::string_view subject) {
  std::vector<std::string> known;
  for (const auto& [name, rules] : policy.subjects()) {
    if (name == subject) return rules;
    known.push_back(name);
  }
  return unknown("job", subject, known, policy);
}

std::variant<HostName, Failure> find_host(const Policy& policy, std::string_view name) {
  std::vector<std::string> known;
  for (const auto& host : policy.hosts) {
    if (host.name.value == name) return host.name;
    known.push_back(host.name.value);
  }
  return unknown("host", name, known, policy);
}

bool only_sim_hosts(const Policy& policy) {
  return std::all_of(policy.hosts.begin(), policy.hosts.end(), [](const auto& host) {
    return std::holds_alternative<SimTransport>(host.transport);
  });
}

std::string contents_of(const Policy& policy) {
  const std::pair<std::size_t, std::string_view> counts[] = {
      {policy.autosnaps.size(), "autosnap"},         {replications(policy, JobKind::push), "push"},
      {replications(policy, JobKind::pull), "pull"}, {policy.prunes.size(), "prune"},
      {policy.protects.size(), "protect"},           {policy.sinks.size(), "sink"},
      {policy.pull_acls.size(), "pull_acl"},         {policy.tests.size(), "test"},
  };
  std::string text = counted(policy.hosts.size(), "host");
  for (const auto& [count, noun] : counts)
    if (count > 0) text += ", " + counted(count, noun);
  return text;
}

std::string findings_of(const Diagnostics& diagnostics) {
  std::vector<std::string> parts;
  const std::size_t warnings = diagnostics.count(Severity::warning);
  const std::size_t notes = diagnostics.count(Severity::note);
  if (warnings > 0) parts.push_back(counted(warnings, "warning"));
  if (notes > 0) parts.push_back(counted(notes, "note"));
  if (diagnostics.allowed_count() > 0)
    parts.push_back(fmt::format("{} allowed", diagnostics.allowed_count()));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace zr
