#include "executor/ssh/remote_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "executor/progress/progress_text.h"
#include "lang/utf8.h"

namespace zr {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./:,+@").find(c) != std::string_view::npos;
}

// Quotes do not hold everywhere: csh takes `!` for its history inside of them, and fish a
// backslash. A backslash before each of them, outside of quotes, is understood by all.
bool stands_outside(char c) { return c == '\'' || c == '\\' || c == '!'; }

std::string quoted(std::string_view argument) {
  if (argument.empty()) return "''";
  if (std::all_of(argument.begin(), argument.end(), is_plain)) return std::string(argument);
  std::string text;
  bool inside = false;
  for (const char c : argument) {
    if (stands_outside(c) == inside) {
      text += '\'';
      inside = !inside;
    }
    if (stands_outside(c)) text += '\\';
    text += c;
  }
  if (inside) text += '\'';
  return text;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8 character = first_character(text);
    if (!character.valid) return false;
    text.remove_prefix(character.length);
  }
  return true;
}

// PATH of a user who is not root often lacks the folders where zfs is.
constexpr const char* runner =
    "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C; export PATH LC_ALL; exec \"$@\"";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

Result<std::string> remote_command(const Argv& argv) {
  std::string text;
  for (const std::string& argument : argv) {
    if (std::any_of(argument.begin(), argument.end(), is_control) || !is_utf8(argument))
      return Error{
          Remedy::give_up,
          fmt::format("'{}' can't be handed to another host's shell safely", one_line(argument))};
    text += (text.empty() ? "" : " ") + quoted(argument);
  }
  return text;
}

Result<std::string> remote_shell_command(const Argv& argv) {
  Argv all{"sh", "-c", runner, "zrepl"};
  all.insert(all.end(), argv.begin(), argv.end());
  return remote_command(all);
}

}  // namespace zr
