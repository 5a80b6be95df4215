#include "executor/commands/command_line.h"

#include <doctest/doctest.h>

#include "executor/commands/command_help.h"

namespace zr {
namespace {

using Arguments = std::vector<std::string>;

template <class T>
T parsed(const Arguments& arguments) {
  const auto result = parse_command_line(arguments);
  if (const auto* failure = std::get_if<Failure>(&result)) FAIL(failure->text);
  REQUIRE(std::holds_alternative<Invocation>(result));
  const auto* command = std::get_if<T>(&std::get<Invocation>(result).command);
  REQUIRE(command);
  return *command;
}

std::string refusal(const Arguments& arguments) {
  const auto result = parse_command_line(arguments);
  const auto* failure = std::get_if<Failure>(&result);
  if (!failure) return "accepted";
  CHECK(failure->status == ExitStatus::wrong);
  return failure->text;
}

TEST_CASE("options go before and after the site file") {
  const auto first = parsed<PlanCommand>({"plan", "--job", "pull.offsite", "site.zr"});
  const auto last = parsed<PlanCommand>({"plan", "site.zr", "--job=pull.offsite"});
  for (const PlanCommand& command : {first, last}) {
    CHECK(command.site == "site.zr");
    CHECK(command.planning.jobs == Arguments{"pull.offsite"});
    CHECK_FALSE(command.json);
    CHECK_FALSE(command.planning.now);
  }
}

TEST_CASE("--job is repeatable and takes one job each") {
  const auto command = parsed<PlanCommand>(
      {"plan", "--job", "a.b", "--job", "c.d", "site.zr", "--detailed-exitcode"});
  CHECK(command.planning.jobs == Arguments{"a.b", "c.d"});
  CHECK(command.site == "site.zr");
  CHECK(command.detailed_exitcode);
}

TEST_CASE("fmt takes several files, and standard input") {
  const auto command = parsed<FormatCommand>({"fmt", "a.zr", "--check", "b.zr", "--diff"});
  CHECK(command.sites == Arguments{"a.zr", "b.zr"});
  CHECK(command.check);
  CHECK(command.diff);
  CHECK(parsed<FormatCommand>({"fmt", "-"}).sites == Arguments{"-"});
  CHECK(parsed<FormatCommand>({"fmt", "--", "--check"}).sites == Arguments{"--check"});
  CHECK(refusal({"fmt"}).find("SITE is required") != std::string::npos);
}

TEST_CASE("the four job commands name one job of their kind") {
  for (const std::string kind : {"autosnap", "push", "pull", "prune"}) {
    const auto command = parsed<ApplyCommand>({kind, "site.zr", "x", "--dry-run"});
    CHECK(command.jobs == Arguments{kind + ".x"});
    CHECK(command.site_only);
    CHECK(command.dry_run);
  }
}

TEST_CASE("a file or a job may be called like a command or begin with a dash after --") {
  CHECK(parsed<PlanCommand>({"plan", "check"}).site == "check");
  CHECK(parsed<ApplyCommand>({"prune", "plan", "apply"}).jobs == Arguments{"prune.apply"});
  CHECK(parsed<CheckCommand>({"check", "--", "-x.zr"}).site == "-x.zr");
}

TEST_CASE("names with blanks, brackets and other characters arrive as they are") {
  CHECK(parsed<MapCommand>({"map", "s", "j", "tank/a b"}).dataset == "tank/a b");
  CHECK(parsed<WhyCommand>({"why", "s", "h:tank/[a,b]@x%y{z}"}).object == "h:tank/[a,b]@x%y{z}");
  CHECK(parsed<CheckCommand>({"check", ""}).site == "");
}

TEST_CASE("values are checked") {
  CHECK(parsed<GraphCommand>({"graph", "s", "--format", "mermaid"}).format == GraphFormat::mermaid);
  CHECK(refusal({"graph", "s", "--format", "svg"}).find("'svg' is not dot or mermaid") !=
        std::string::npos);
  CHECK(refusal({"plan", "s", "--now", "today"}).find("RFC 3339") != std::string::npos);
  CHECK(refusal({"plan", "s", "--zfs-timeout", "1.5h"}).find("1h30m") != std::string::npos);
  const auto result = parse_command_line({"plan", "s", "--zfs-timeout", "1h30m"});
  CHECK(std::get<Invocation>(result).zfs_timeout == std::chrono::seconds(5400));
}

TEST_CASE("what is not understood is refused with a way out") {
  CHECK(refusal({"aply", "s"}).find("did you mean 'apply'?") != std::string::npos);
  CHECK(refusal({"plan", "s", "--jsn"}).find("did you mean '--json'?") != std::string::npos);
  CHECK(refusal({"plan", "s", "t"}).find("'t' is not expected here") != std::string::npos);
  CHECK(refusal({"plan"}).find("help: zrepl plan --help") != std::string::npos);
  CHECK(refusal({"check", "s", "--json"}).find("'--json' is not expected") != std::string::npos);
  CHECK(refusal({}).find("Usage:") != std::string::npos);
}

TEST_CASE("every command has help that shows all of its options and an example") {
  for (const CommandHelp& help : all_commands()) {
    const std::string name(help.name);
    CAPTURE(name);
    const auto result = parse_command_line({name, "--help"});
    REQUIRE(std::holds_alternative<Answer>(result));
    const std::string& text = std::get<Answer>(result).text;
    CHECK(text.find("Usage: zrepl " + name) != std::string::npos);
    CHECK(text.find("\nExamples:\n  zrepl " + name + " ") != std::string::npos);
  }
}

}  // namespace
}  // namespace zr
