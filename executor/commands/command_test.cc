#include "executor/commands/command_test.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "executor/commands/planning.h"
#include "executor/commands/site.h"
#include "executor/progress/progress_text.h"
#include "lang/site_tests.h"

namespace zr {
namespace {

// Exact: all of them is said only of all of them.
void print_coverage(const TestReport& report, std::ostream& out) {
  const std::size_t touched = report.rules - report.untested.size();
  fmt::print(out, "\n{} of {} rules decide some expectation{}\n", touched, report.rules,
             report.untested.empty() ? "" : "; no test touches");
  for (const UntestedRule& rule : report.untested)
    fmt::print(out, "  {}  {}  {}:{}\n", rule.subject, rule.text, rule.origin.file,
               rule.origin.line);
}

}  // namespace

Outcome test_site(const TestCommand& command, const Console& console) {
  auto text = read_site_file(command.site);
  if (auto* failure = std::get_if<Failure>(&text)) return *failure;
  const Compilation done = compile_text(command.site, std::get<std::string>(std::move(text)));
  if (!done.policy)
    return Failure{ExitStatus::wrong, render(done.diagnostics, done.sources, style_of(console))};
  Diagnostics failed;
  const TestReport report = run_tests(*done.policy, failed);
  for (const TestOutcome& test : report.tests)
    fmt::print(console.out, "{} {}\n", test.passed ? "ok  " : "FAIL", one_line(test.name));
  console.out.flush();
  console.err << render(failed, done.sources, style_of(console));
  if (command.coverage) print_coverage(report, console.out);
  if (report.tests.empty()) {
    console.out << "there are no tests\n";
  } else {
    fmt::print(console.out, "{} passed, {} failed\n", report.tests.size() - report.failed,
               report.failed);
  }
  return report.failed == 0 ? ExitStatus::done : ExitStatus::failed;
}

}  // namespace zr
