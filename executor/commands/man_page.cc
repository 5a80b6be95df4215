#include "executor/commands/man_page.h"

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "executor/commands/command_options.h"

namespace zr {
namespace {

// As it is read: backslashes and hyphens stand for themselves, and no line is taken for a request.
std::string literal(std::string_view text) {
  std::string out;
  bool at_line_start = true;
  for (const char c : text) {
    if (at_line_start && (c == '.' || c == '\'')) out += "\\&";
    at_line_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '`') {
      out += "\\(ga";
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + literal(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + literal(text) + "\\fR"; }

std::string heading(std::string_view name, std::string_view summary) {
  std::string upper;
  for (const char c : name) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (!summary.empty() && summary.back() == '.') summary.remove_suffix(1);
  return fmt::format(".TH {} 1 \"\" \"zrepl {}\" \"zrepl\"\n.SH NAME\n{} \\- {}\n", literal(upper),
                     ZREPL_VERSION, literal(name), literal(summary));
}

std::string as_typed(std::string_view lines) {
  std::string text = literal(lines);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return ".nf\n" + text + "\n.fi\n";
}

std::string terms(std::span<const Meaning> meanings) {
  std::string text;
  for (const Meaning& meaning : meanings)
    text += fmt::format(".TP\n{}\n{}\n", bold(meaning.subject), literal(meaning.text));
  return text;
}

std::string exit_status() { return ".SH EXIT STATUS\n" + terms(exit_meanings()); }

std::string name_of(const CommandHelp& help) { return "zrepl-" + std::string(help.name); }

// The option, or the value that has a place.
std::string written(const Argument& argument) {
  if (!argument.is_option) return italic(argument.name);
  if (argument.value.empty()) return bold(argument.name);
  return bold(argument.name) + " " + italic(argument.value);
}

std::string synopsis(const CommandHelp& help, std::span<const Argument> arguments) {
  std::string text = ".SH SYNOPSIS\n.nh\n.ad l\n.B zrepl " + literal(help.name) + "\n";
  for (const bool options : {false, true}) {
    for (const Argument& argument : arguments) {
      if (argument.is_option != options) continue;
      const std::string_view more = argument.repeated ? "\\ ..." : "";
      text += argument.required ? fmt::format("{}{}\n", written(argument), more)
                                : fmt::format("[{}]{}\n", written(argument), more);
    }
  }
  return text + ".ad b\n.hy\n";
}

std::string options(std::span<const Argument> arguments) {
  std::string text = ".SH OPTIONS\n";
  for (const bool options : {false, true}) {
    for (const Argument& argument : arguments) {
      if (argument.is_option == options)
        text += fmt::format(".TP\n{}\n{}.\n", written(argument), literal(argument.text));
    }
  }
  return text + fmt::format(".TP\n{}, {}\nExplain the command.\n", bold("-h"), bold("--help"));
}

}  // namespace

ManPage man_page() {
  std::string text =
      heading("zrepl", "policy for ZFS replication: snapshots, replication, retention");
  text += ".SH SYNOPSIS\n.B zrepl\n.I COMMAND\n\\&...\n.SH DESCRIPTION\n";
  text += literal(introduction());
  text += "\n.SH COMMANDS\n";
  for (const CommandHelp& help : all_commands())
    text += fmt::format(".TP\n.BR {} (1)\n{}\n", literal(name_of(help)), literal(help.summary));
  text += ".SH EXAMPLES\nA first session:\n.PP\n" + as_typed(first_session());
  text += exit_status() + ".SH ENVIRONMENT\n" + terms(environment());
  return {"zrepl.1", text};
}

ManPage man_page(const CommandHelp& help) {
  const std::vector<Argument> arguments = arguments_of(help);
  std::string text = heading(name_of(help), help.summary);
  text += synopsis(help, arguments);
  text += ".SH DESCRIPTION\n" + literal(help.details) + "\n";
  text += options(arguments);
  text += ".SH EXAMPLES\n" + as_typed(help.examples);
  text += exit_status() + ".SH SEE ALSO\n.BR zrepl (1)\n";
  return {name_of(help) + ".1", text};
}

std::vector<ManPage> man_pages() {
  std::vector<ManPage> pages{man_page()};
  for (const CommandHelp& help : all_commands()) pages.push_back(man_page(help));
  return pages;
}

}  // namespace zr
