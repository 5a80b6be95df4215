#include "executor/commands/option_table.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <cassert>
#include <functional>

#include "executor/parse_time.h"
#include "lang/diagnostic.h"
#include "lang/literals.h"

namespace zr {
namespace {

void site_argument(CLI::App& app, std::string& site) {
  app.add_option("SITE", site, "The site file")->required()->type_name("");
}

void job_option(CLI::App& app, std::vector<std::string>& jobs) {
  app.add_option("--job", jobs, "Only this job; may be given several times")
      ->type_name("KIND.NAME")
      ->allow_extra_args(false);
}

void now_option(CLI::App& app, std::optional<Millis>& now, const std::string& text) {
  const auto set = [&now](const std::string& value) {
    now = parse_time(value);
    if (!now)
      throw CLI::ValidationError("--now", fmt::format("'{}' is not a time; write it as in RFC 3339,"
                                                      " for instance 2026-11-22T06:30:00Z",
                                                      value));
  };
  app.add_option_function<std::string>("--now", set, text)->type_name("TIME");
}

template <class T>
void optional_text(CLI::App& app, const std::string& name, std::optional<T>& value,
                   const std::string& type, const std::string& text) {
  const auto set = [&value](const std::string& given) { value = given; };
  app.add_option_function<std::string>(name, set, text)->type_name(type);
}

// One of several words, which are also the name of its value: "dot|mermaid".
template <class T>
void choice(CLI::App& app, const std::string& name,
            const std::vector<std::pair<std::string, T>>& choices,
            const std::function<void(T)>& take, const std::string& text) {
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const auto& [word, value] : choices) words.push_back(word);
  const auto set = [name, choices, words, take](const std::string& given) {
    const auto found = std::find(words.begin(), words.end(), given);
    if (found == words.end())
      throw CLI::ValidationError(
          name, fmt::format("'{}' is not {} or {}", given,
                            fmt::join(words.begin(), words.end() - 1, ", "), words.back()));
    take(choices[static_cast<std::size_t>(found - words.begin())].second);
  };
  app.add_option_function<std::string>(name, set, text)
      ->type_name(fmt::format("{}", fmt::join(words, "|")));
}

void world_options(CLI::App& app, Planning& planning) {
  now_option(app, planning.now, "Plan for this time instead of the present (RFC 3339)");
  optional_text(app, "--world", planning.world, "FILE",
                "Plan from this file, as `zrepl observe` writes it; no host is contacted");
}

void duration_option(CLI::App& app, const std::string& name, std::chrono::seconds& duration,
                     std::string_view text) {
  const auto set = [&duration, name](const std::string& value) {
    const auto parsed = parse_duration(value);
    if (const auto* problem = std::get_if<Problem>(&parsed))
      throw CLI::ValidationError(name, problem->message + "; write 30s, 5m or 1h30m");
    duration = std::get<std::chrono::seconds>(parsed);
  };
  app.add_option_function<std::string>(name, set, fmt::format("{} ({}s)", text, duration.count()))
      ->type_name("DURATION");
}

void timeout_option(CLI::App& app, std::chrono::seconds& timeout) {
  duration_option(app, "--zfs-timeout", timeout,
                  "Give up on a zfs command that takes longer; streams have no limit");
}

void check(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<CheckCommand>();
  site_argument(app, command.site);
  choice<ReportFormat>(
      app, "--format",
      {{"text", ReportFormat::text},
       {"json", ReportFormat::json},
       {"sarif", ReportFormat::sarif},
       {"github", ReportFormat::github}},
      [&command](ReportFormat format) { command.format = format; },
      "For people (text, the default) or for programs");
  choice<Severity>(
      app, "--deny", {{"warning", Severity::warning}, {"note", Severity::note}},
      [&command](Severity least) { command.deny = least; },
      "Exit with 3 when there is a warning, or (note) anything to say at all");
  app.add_flag("--show-allowed", command.show_allowed,
               "Show also what `# zr:allow CODE REASON` in the file allows");
}

void format(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<FormatCommand>();
  app.add_option("SITE", command.sites, "Site files; - is standard input")
      ->required()
      ->type_name("");
  app.add_flag("--check", command.check,
               "Write nothing; list the files that are not formatted, and exit with 1 if any");
  app.add_flag("--diff", command.diff, "Write nothing; show what would change, for patch(1)");
}

void test(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<TestCommand>();
  site_argument(app, command.site);
  app.add_flag("--coverage", command.coverage, "Show also the rules that no test touches");
}

void doc(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<DocCommand>();
  const auto set = [&command](const std::string& file) { command.file = file; };
  app.add_option_function<std::string>("MODULE", set, "A .zr file, or std/NAME")->type_name("");
}

void plan(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<PlanCommand>();
  site_argument(app, command.site);
  job_option(app, command.planning.jobs);
  optional_text(app, "--out", command.out, "PLAN", "Save the plan in this file, for `zrepl apply`");
  app.add_flag("--json", command.json, "The plan as JSON instead of text");
  app.add_flag("--detailed-exitcode", command.detailed_exitcode,
               "Exit with 2 when there is something to do, with 4 when there are conflicts,\n"
               "or it is over budget");
  world_options(app, command.planning);
  timeout_option(app, to.zfs_timeout);
}

void apply_options(CLI::App& app, ApplyCommand& command, Invocation& to) {
  app.add_flag("--json", command.json,
               "A line of JSON per event instead of text; the plan as JSON with --dry-run");
  app.add_flag("--dry-run", command.dry_run, "Show what would be done, and do nothing");
  optional_text(app, "--allow-budget", command.allow_budget, "HASH",
                "Carry out the plan with this hash, though it is beyond the site's `limits`");
  now_option(app, command.now, "Pretend that it is this time; only where all hosts are sim hosts");
  timeout_option(app, to.zfs_timeout);
  duration_option(app, "--retry-for", command.retry_for,
                  "Try broken connections and busy datasets again for so long");
}

void apply(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<ApplyCommand>();
  app.add_option("TARGET", command.target, "A site file, or a plan saved by `zrepl plan --out`")
      ->required()
      ->type_name("");
  job_option(app, command.jobs);
  optional_text(app, "--site", command.site, "FILE",
                "The saved plan's site file, where it is not found by its name");
  apply_options(app, command, to);
}

void show(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<ShowCommand>();
  app.add_option("PLAN", command.plan,
                 "A plan saved by `zrepl plan --out`; with --effective a site file")
      ->required()
      ->type_name("");
  auto* json = app.add_flag("--json", command.json, "As JSON instead of text");
  auto* effective =
      app.add_flag("--effective", command.effective,
                   "Every setting of a site file, with the place where it was written");
  effective->excludes(json);
  const auto set = [&command](const std::string& object) { command.object = object; };
  app.add_option_function<std::string>("HOST:DATASET", set,
                                       "With --effective: only what applies to this dataset")
      ->type_name("")
      ->needs(effective);
}

void graph(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<GraphCommand>();
  app.add_option("TARGET", command.target, "A site file, or a plan saved by `zrepl plan --out`")
      ->required()
      ->type_name("");
  choice<GraphFormat>(
      app, "--format", {{"dot", GraphFormat::dot}, {"mermaid", GraphFormat::mermaid}},
      [&command](GraphFormat format) { command.format = format; },
      "For Graphviz (the default) or for Markdown");
  job_option(app, command.planning.jobs);
  world_options(app, command.planning);
  timeout_option(app, to.zfs_timeout);
}

void observe(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<ObserveCommand>();
  site_argument(app, command.site);
  optional_text(app, "--out", command.out, "FILE", "Write to this file instead of stdout");
  timeout_option(app, to.zfs_timeout);
}

void map(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<MapCommand>();
  site_argument(app, command.site);
  app.add_option("JOB", command.job, "The job, as KIND.NAME")->required()->type_name("");
  app.add_option("DATASET", command.dataset, "A dataset; it need not exist")
      ->required()
      ->type_name("");
}

void why(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<WhyCommand>();
  site_argument(app, command.site);
  app.add_option("OBJECT", command.object, "HOST:DATASET or HOST:DATASET@SNAPSHOT")
      ->required()
      ->type_name("");
  world_options(app, command.planning);
  timeout_option(app, to.zfs_timeout);
}

void health(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<HealthCommand>();
  site_argument(app, command.site);
  choice<HealthFormat>(
      app, "--format",
      {{"text", HealthFormat::text},
       {"json", HealthFormat::json},
       {"nagios", HealthFormat::nagios},
       {"openmetrics", HealthFormat::openmetrics}},
      [&command](HealthFormat format) { command.format = format; },
      "For people (text, the default) or for what watches hosts");
  optional_text(app, "--out", command.out, "FILE", "Write to this file instead of stdout");
  job_option(app, command.planning.jobs);
  world_options(app, command.planning);
  timeout_option(app, to.zfs_timeout);
}

void history(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<HistoryCommand>();
  site_argument(app, command.site);
  app.add_option("--limit", command.limit, "Tell of so many runs at most, 20 unless told; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->type_name("COUNT");
  app.add_flag("--json", command.json, "As JSON instead of text");
}

void daemon(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<DaemonCommand>();
  site_argument(app, command.site);
  timeout_option(app, to.zfs_timeout);
  duration_option(app, "--retry-for", command.retry_for,
                  "Try broken connections and busy datasets again for so long");
}

void status(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<StatusCommand>();
  site_argument(app, command.site);
  auto* watch = app.add_flag("--watch", command.watch,
                             "Draw it on the terminal every second, until it is interrupted");
  app.add_flag("--json", command.json, "As JSON instead of text")->excludes(watch);
  app.add_flag("--no-hosts", command.no_hosts,
               "Do not look at the hosts: only what the daemon or the journal says");
  timeout_option(app, to.zfs_timeout);
}

template <ControlRequest::Call call>
void control(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<ControlCommand>();
  command.call = call;
  site_argument(app, command.site);
  app.add_option("JOB", command.job, "The job, as KIND.NAME")->required()->type_name("");
  if (call == ControlRequest::Call::wake) {
    app.add_flag("--wait", command.wait,
                 "Return when the run has ended, with the exit status that `apply` would have");
    optional_text(app, "--allow-budget", command.allow_budget, "HASH",
                  "Carry out the plan with this hash, though it is beyond the site's `limits`");
  }
}

void allow(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<AllowCommand>();
  site_argument(app, command.site);
  optional_text(app, "--user", command.user, "USER",
                "Who is to be allowed, on every host, instead of who logs in there");
  app.add_flag("--verify", command.verify,
               "Look at the hosts: what is missing there, and what is more than needed?");
  app.add_flag("--json", command.json, "As JSON instead of text");
  timeout_option(app, to.zfs_timeout);
}

void serve(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<ServeCommand>();
  site_argument(app, command.site);
  app.add_option("IDENTITY", command.identity, "Whose `sink` or `pull_acl` says what is allowed")
      ->required()
      ->type_name("");
  optional_text(app, "--host", command.host, "HOST",
                "Which host of the site file this is, where the identity has rights on several");
  optional_text(app, "--log", command.log, "FILE",
                "Write down here who was served and what was denied, instead of in the\n"
                "system's log");
  app.add_option("--may-read", command.may_read,
                 "What a wrapper around zfs reads, a file or a folder; repeatable")
      ->type_name("PATH");
  app.add_option("--may-write", command.may_write, "Where a wrapper around zfs writes; repeatable")
      ->type_name("FOLDER");
  auto* print = app.add_flag("--print-authorized-keys", command.print_authorized_keys,
                             "Print the line for ~/.ssh/authorized_keys, and serve nothing");
  const auto set = [&command](const std::string& file) { command.key = file; };
  app.add_option_function<std::string>("--key", set, "The client's public key, for that line")
      ->type_name("FILE.pub")
      ->needs(print);
  timeout_option(app, to.zfs_timeout);
}

void explain(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<ExplainCommand>();
  const auto set = [&command](const std::string& code) { command.code = code; };
  app.add_option_function<std::string>("CODE", set, "A code, as ZR1203 or 1203; all without it")
      ->type_name("");
}

template <JobKind kind>
void one_job(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<ApplyCommand>();
  command.site_only = true;
  site_argument(app, command.target);
  const auto set = [&command](const std::string& name) {
    command.jobs = {JobId{kind, name}.str()};
  };
  app.add_option_function<std::string>("NAME", set, "The job's name")->required()->type_name("");
  apply_options(app, command, to);
}

void completion(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<CompletionCommand>();
  const auto set = [&command](const std::string& shell) { command.shell = shell; };
  app.add_option_function<std::string>("SHELL", set, "bash, zsh or fish")
      ->required()
      ->type_name("");
}

void complete(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<CompleteCommand>();
  app.add_option("WORD", command.words,
                 "What was typed after `zrepl`, behind a --; the last is the one to complete")
      ->type_name("");
}

void man(CLI::App& app, Invocation& to) {
  auto& command = to.command.emplace<ManCommand>();
  const auto set = [&command](const std::string& about) { command.about = about; };
  auto* about = app.add_option_function<std::string>("COMMAND", set, "The page of this command")
                    ->type_name("");
  optional_text(app, "--out", command.folder, "FOLDER",
                "Write all pages into this folder, for man(1)");
  about->excludes("--out");
}

struct CommandEntry {
  std::string_view name;
  void (*options)(CLI::App&, Invocation&);
};

constexpr std::array options_of = {
    CommandEntry{"check", check},
    CommandEntry{"fmt", format},
    CommandEntry{"test", test},
    CommandEntry{"doc", doc},
    CommandEntry{"plan", plan},
    CommandEntry{"apply", apply},
    CommandEntry{"show", show},
    CommandEntry{"graph", graph},
    CommandEntry{"observe", observe},
    CommandEntry{"map", map},
    CommandEntry{"why", why},
    CommandEntry{"health", health},
    CommandEntry{"history", history},
    CommandEntry{"daemon", daemon},
    CommandEntry{"status", status},
    CommandEntry{"wake", control<ControlRequest::Call::wake>},
    CommandEntry{"pause", control<ControlRequest::Call::pause>},
    CommandEntry{"resume", control<ControlRequest::Call::resume>},
    CommandEntry{"allow", allow},
    CommandEntry{"serve", serve},
    CommandEntry{"explain", explain},
    CommandEntry{"completion", completion},
    CommandEntry{"complete", complete},
    CommandEntry{"man", man},
    CommandEntry{"autosnap", one_job<JobKind::autosnap>},
    CommandEntry{"push", one_job<JobKind::push>},
    CommandEntry{"pull", one_job<JobKind::pull>},
    CommandEntry{"prune", one_job<JobKind::prune>},
};

}  // namespace

void declare_options(std::string_view command, CLI::App& app, Invocation& to) {
  const auto found = std::find_if(options_of.begin(), options_of.end(),
                                  [&](const CommandEntry& entry) { return entry.name == command; });
  assert(found != options_of.end());
  found->options(app, to);
}

}  // namespace zr
