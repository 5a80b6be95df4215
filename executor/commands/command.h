#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "executor/commands/outside.h"
#include "executor/daemon/control.h"
#include "executor/exit_status.h"
#include "executor/report/report.h"
#include "lang/diagnostic.h"
#include "planner/graph.h"

namespace zr {

// The commands as values: what the command line said, checked as far as no file is needed.

// Which jobs, when, and in which world. `world` names a file; without it the hosts are observed.
struct Planning {
  std::vector<std::string> jobs;  // "pull.offsite"; empty: all
  std::optional<Millis> now;      // the clock's if absent
  std::optional<std::string> world;
};

enum class HealthFormat { text, json, nagios, openmetrics };

struct CheckCommand {
  std::string site;
  ReportFormat format = ReportFormat::text;
  std::optional<Severity> deny = {};  // findings at least this grave make the file wrong
  bool show_allowed = false;
};
struct FormatCommand {
  std::vector<std::string> sites;  // "-" is standard input
  bool check = false;
  bool diff = false;
};
struct TestCommand {
  std::string site;
  bool coverage = false;
};
struct DocCommand {
  std::optional<std::string> file;  // or a part of the built-in library; none: what that has
};
struct PlanCommand {
  std::string site;
  Planning planning;
  std::optional<std::string> out;
  bool json = false;
  bool detailed_exitcode = false;
};
struct ApplyCommand {
  std::string target;               // a site file or a saved plan
  std::optional<std::string> site;  // the saved plan's site file
  std::vector<std::string> jobs;
  std::optional<Millis> now;  // for sites of sim hosts only
  bool json = false;
  bool dry_run = false;
  std::optional<std::string> allow_budget;  // the hash of a plan that is over budget
  std::chrono::seconds retry_for{30};       // what may pass
  bool site_only = false;                   // `zrepl pull SITE NAME`: a saved plan is refused
};
struct ShowCommand {
  std::string plan;  // with `effective` a site file
  bool json = false;
  bool effective = false;
  std::optional<std::string> object = {};  // HOST:DATASET, with `effective` only
};
struct GraphCommand {
  std::string target;  // a site file or a saved plan
  Planning planning;
  GraphFormat format = GraphFormat::dot;
};
struct ObserveCommand {
  std::string site;
  std::optional<std::string> out;
};
struct MapCommand {
  std::string site;
  std::string job;
  std::string dataset;
};
struct WhyCommand {
  std::string site;
  std::string object;  // HOST:DATASET or HOST:DATASET@SNAPSHOT
  Planning planning;
};
struct HealthCommand {
  std::string site;
  Planning planning;
  HealthFormat format = HealthFormat::text;
  std::optional<std::string> out;  // a file; none: standard output
};
struct HistoryCommand {
  std::string site;
  std::size_t limit = 20;  // runs to tell of; 0: all
  bool json = false;
};
struct DaemonCommand {
  std::string site;
  std::chrono::seconds retry_for{30};  // what may pass
};
struct StatusCommand {
  std::string site;
  bool json = false;
  bool watch = false;     // draw it again and again on a terminal
  bool no_hosts = false;  // do not look at them
};
struct ControlCommand {  // wake, pause or resume
  std::string site;
  ControlRequest::Call call = ControlRequest::Call::wake;
  std::string job;
  bool wait = false;
  std::optional<std::string> allow_budget = {};  // of a wake: the hash of a plan over budget
};
struct AllowCommand {
  std::string site;
  std::optional<std::string> user;  // who is to be allowed, on every host
  bool verify = false;
  bool json = false;
};
struct ServeCommand {
  std::string site;
  std::string identity;
  // Which this is; none: the one where the identity may do anything.
  std::optional<std::string> host;
  std::optional<std::string> log;      // a file; none: the system's log
  std::vector<std::string> may_read;   // what a wrapper around zfs(8) needs
  std::vector<std::string> may_write;  // folders
  bool print_authorized_keys = false;
  std::optional<std::string> key;  // a file with the client's public key
};
struct ExplainCommand {
  std::optional<std::string> code;  // as it was typed; none: all of them
};
struct CompletionCommand {
  std::string shell;
};
struct CompleteCommand {
  std::vector<std::string> words;  // those after `zrepl`; the last, maybe empty, is completed
};
struct ManCommand {
  std::optional<std::string> about;   // a command; none: zrepl as a whole
  std::optional<std::string> folder;  // all pages into files there
};

using Command =
    std::variant<CheckCommand, FormatCommand, TestCommand, DocCommand, PlanCommand, ApplyCommand,
                 ShowCommand, GraphCommand, ObserveCommand, MapCommand, WhyCommand, HealthCommand,
                 HistoryCommand, DaemonCommand, StatusCommand, ControlCommand, AllowCommand,
                 ServeCommand, ExplainCommand, CompletionCommand, CompleteCommand, ManCommand>;

// Whether a signal may end a command at any moment: it only reads files, or what it began is to be
// begun and resumed by another anyway.
bool may_end_anytime(const Command&);
// Whether it lives on after a SIGHUP, and reads its files again.
bool lives_on(const Command&);

struct Invocation {
  Command command;
  std::chrono::seconds zfs_timeout{600};  // how long a zfs command may take that only looks
};

// Carries one command out, from reading its files to the last line on the console.
ExitStatus run_command(const Invocation&, const Outside&, const Console&);

}  // namespace zr
