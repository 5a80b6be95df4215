#include "executor/commands/command_explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "executor/commands/site.h"
#include "executor/progress/progress_text.h"
#include "lang/explain.h"
#include "lang/overloaded.h"

namespace zr {
namespace {

std::string list() {
  std::string text;
  for (const CodeInfo& info : all_codes)
    text += fmt::format("{}  {}\n", to_string(info.code), info.title);
  return text;
}

Failure unknown(std::string_view given) {
  const bool has_letters = !given.empty() && (given.front() < '0' || given.front() > '9');
  std::vector<std::string> codes;
  for (const CodeInfo& info : all_codes)
    codes.push_back(to_string(info.code).substr(has_letters ? 0 : 2));
  std::string message = fmt::format("there is no code '{}'", one_line(given));
  if (const auto meant = nearest_name(given, codes))
    message += fmt::format("; did you mean '{}'?", *meant);
  return Failure::because(ExitStatus::wrong, message, "zrepl explain lists all codes");
}

// What stands above an example: which of the two it is, and how it is to be read.
std::string heading(const Example& example) {
  std::string text = example.fails ? "Wrong" : "Right";
  if (example.escaped) text += " (each \\xNN stands for that byte)";
  if (example.times > 0)
    text += fmt::format(" (with {} lines like the {}th)", example.times, example.line);
  return text + ":";
}

// The answer to an example that fails, unless it is one that nobody would want to wait for.
std::string answer(const Example& example, const DiagnosticStyle& style) {
  if (!example.fails || example.times > 0) return {};
  const Compilation done = check_text("site.zr", example.text());
  return "\n" + indented(render(done.diagnostics, done.sources, style), "    ");
}

std::string page_text(const Explanation& page, const Console& console) {
  std::string text = fmt::format("{}: {}\n", to_string(page.code), page.title);
  for (const auto& part : page.parts) {
    text += "\n";
    text += std::visit(overloaded{[](const std::string& paragraph) { return paragraph; },
                                  [&](const Example& example) {
                                    return heading(example) + "\n\n" +
                                           indented(example.shown, "    ") +
                                           answer(example, {console.color_out});
                                  }},
                       part);
  }
  return text;
}

}  // namespace

Outcome explain(const ExplainCommand& command, const Console& console) {
  if (!command.code) {
    console.out << list() << "\n`zrepl explain CODE` explains one of them.\n";
    return ExitStatus::done;
  }
  const auto code = parse_code(*command.code);
  if (!code) return unknown(*command.code);
  const auto page = explanation(*code);
  if (!page)
    return Failure::because(ExitStatus::failed,
                            fmt::format("there is no page for {}", to_string(*code)));
  console.out << page_text(*page, console);
  return ExitStatus::done;
}

}  // namespace zr
