#include "executor/commands/command_doc.h"

#include <fmt/format.h>

#include <algorithm>

#include "executor/commands/planning.h"
#include "executor/commands/site.h"
#include "executor/progress/progress_text.h"
#include "lang/doc.h"
#include "lang/parse.h"
#include "lang/stdlib.h"

namespace zr {
namespace {

constexpr std::size_t max_width = 100;

// A long list of parameters has a line for each.
std::string laid_out(const std::string& heading) {
  const std::size_t open = heading.find('(');
  if (heading.size() <= max_width || open == std::string::npos || heading.back() != ')')
    return heading;
  std::string text = heading.substr(0, open + 1);
  bool in_string = false;
  std::string item;
  for (const char c : heading.substr(open + 1, heading.size() - open - 2)) {
    in_string = in_string != (c == '"');
    if (c == ',' && !in_string) {
      text += "\n  " + item + ",";
      item.clear();
    } else if (c != ' ' || !item.empty()) {
      item += c;
    }
  }
  return text + "\n  " + item + ",\n)";
}

std::string first_sentence(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  const std::size_t end = std::min(text.find(". "), text.find(": "));
  return text.substr(0, end);
}

Documentation read(const std::string& name, std::string text, Diagnostics& diagnostics,
                   Sources& sources) {
  const SourceId source = sources.add(name, std::move(text));
  const auto file = parse(sources, source, diagnostics);
  return file ? documentation(*file, sources) : Documentation{};
}

std::string library() {
  std::string text = "The built-in library; `zrepl doc std/NAME` says more:\n";
  for (const std::string& name : stdlib_names()) {
    Sources sources;
    Diagnostics diagnostics;
    const auto page = read(name, std::string(*stdlib_text(name)), diagnostics, sources);
    text += fmt::format("  {:<16}{}\n", name, first_sentence(page.about));
  }
  return text;
}

}  // namespace

Outcome doc(const DocCommand& command, const Console& console) {
  if (!command.file) {
    console.out << library();
    return ExitStatus::done;
  }
  auto text = read_site_file(*command.file);
  if (auto* failure = std::get_if<Failure>(&text)) {
    if (command.file->rfind("std/", 0) != 0) return *failure;
    return Failure::because(
        ExitStatus::wrong, fmt::format("the built-in library has no '{}'", one_line(*command.file)),
        fmt::format("it has {}", fmt::join(stdlib_names(), ", ")));
  }
  Sources sources;
  Diagnostics diagnostics;
  const auto page =
      read(*command.file, std::get<std::string>(std::move(text)), diagnostics, sources);
  if (diagnostics.has_errors())
    return Failure{ExitStatus::wrong, render(diagnostics, sources, style_of(console))};
  std::string out = one_line(*command.file) + "\n";
  if (!page.about.empty()) out += "\n" + page.about;
  for (const DocEntry& entry : page.entries) {
    out += "\n" + laid_out(entry.heading) + "\n";
    out += indented(entry.text, "    ");
  }
  console.out << out;
  return ExitStatus::done;
}

}  // namespace zr
