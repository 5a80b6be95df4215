#include "executor/commands/command_options.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "executor/commands/command_help.h"
#include "executor/commands/option_table.h"
#include "lang/diagnostic.h"

namespace zr {
namespace {

// CLI11 knows which argument it did not expect, but not which one was meant.
std::string unexpected(const CLI::App& app, const std::vector<std::string>& extras) {
  const std::string first = extras.empty() ? std::string() : extras.front();
  std::string message = fmt::format("'{}' is not expected here", first);
  if (first.rfind("--", 0) != 0) return message;
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  if (const auto meant = nearest_name(first.substr(0, first.find('=')), names))
    message += fmt::format("; did you mean '{}'?", *meant);
  return message;
}

std::string without_final_period(std::string text) {
  while (!text.empty() && (text.back() == '.' || text.back() == '\n')) text.pop_back();
  return text;
}

Argument described(const CLI::Option& option) {
  Argument argument;
  argument.is_option = !option.get_lnames().empty();
  argument.name = argument.is_option ? "--" + option.get_lnames().front() : option.get_name();
  argument.value = argument.is_option ? option.get_type_name() : argument.name;
  if (option.get_expected_max() == 0) argument.value.clear();
  argument.text = option.get_description();
  argument.required = option.get_required();
  argument.repeated = option.get_items_expected_max() > 1;
  return argument;
}

}  // namespace

std::vector<Argument> arguments_of(const CommandHelp& help) {
  Invocation invocation;
  CLI::App app;
  app.set_help_flag();
  declare_options(help.name, app, invocation);
  std::vector<Argument> arguments;
  for (const CLI::Option* option : app.get_options()) arguments.push_back(described(*option));
  return arguments;
}

std::variant<Invocation, Answer, Failure> parse_options(const CommandHelp& help,
                                                        std::vector<std::string> arguments) {
  Invocation invocation;
  CLI::App app("", fmt::format("zrepl {}", help.name));
  app.set_help_flag("-h,--help", "Show this");
  app.get_formatter()->label("REQUIRED", "");
  app.get_formatter()->column_width(32);
  const auto wrong = [&](std::string_view message) {
    return Failure::because(ExitStatus::wrong, message, fmt::format("zrepl {} --help", help.name));
  };
  try {
    declare_options(help.name, app, invocation);
    app.allow_extras();
    // The last is taken first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    if (app.remaining_size() != 0) return wrong(unexpected(app, app.remaining()));
    return invocation;
  } catch (const CLI::CallForHelp&) {
    return Answer{help_of(help, app.help())};
  } catch (const CLI::Error& error) {
    return wrong(without_final_period(error.what()));
  }
}

}  // namespace zr
