#include "executor/ssh/remote_command.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include "executor/machine/local_host.h"

namespace zr {
namespace {

// What a program gets as its arguments when the shell is handed the command, as sshd does it.
Argv through(const char* shell, const Argv& argv) {
  Argv command{"printf", "%s\\000"};  // its own format: read by printf, quoted like all the others
  command.insert(command.end(), argv.begin(), argv.end());
  const auto text = remote_command(command);
  REQUIRE(text);
  LocalHost here;
  const auto output = run_command(here, {shell, "-c", *text}, {});
  REQUIRE(output);
  CAPTURE(output->err);
  CHECK(output->status == 0);
  Argv got;
  for (std::size_t begin = 0; begin < output->out.size();) {
    const std::size_t end = output->out.find('\0', begin);
    got.push_back(output->out.substr(begin, end - begin));
    begin = end == std::string::npos ? end : end + 1;
  }
  return got;
}

// Everything that means something to some shell, and what is around it.
std::string awkward() {
  static const std::vector<std::string> pieces{
      "'",  "\"",  "\\",    "\\\\", "\\'", "!",     "!!", "$HOME", "$(id)", "`id`", "*",
      "?",  "[a]", "{a,b}", "~",    "#",   ";",     "&",  "|",     "<",     ">",    "(",
      ")",  " ",   "  ",    "=",    "=ls", "%self", "^",  "-",     "--",    "a",    "Z9",
      "_x", "ä",   "€",     "@",    ":",   "/",     "..", "\\n",   "$'x'"};
  std::string text;
  const int length = *rc::gen::inRange(0, 6);
  for (int i = 0; i < length; ++i) text += *rc::gen::elementOf(pieces);
  return text;
}

TEST_CASE("arguments arrive as they are through every shell") {
  for (const char* shell : {"sh", "dash", "bash", "zsh", "tcsh", "fish"}) {
    CAPTURE(shell);
    rc::check(shell, [&] {
      Argv argv;
      const int count = *rc::gen::inRange(1, 60);
      for (int i = 0; i < count; ++i) argv.push_back(awkward());
      RC_ASSERT(through(shell, argv) == argv);
    });
  }
}

TEST_CASE("a command reads as a person would write it where it can") {
  CHECK(remote_command({"zfs", "list", "-o", "name,guid", "tank/db@zrepl_1"}).value() ==
        "zfs list -o name,guid tank/db@zrepl_1");
  CHECK(remote_command({"zfs", "list", "tank/odd name"}).value() == "zfs list 'tank/odd name'");
  CHECK(remote_command({"a", "", "it's"}).value() == "a '' 'it'\\''s'");
}

TEST_CASE("what no shell can be trusted with is refused") {
  for (const std::string& bad : {std::string("a\nb"), std::string("a\0b", 3), std::string("\x1b[m"),
                                 std::string("\r"), std::string("\xff"), std::string("\x7f")}) {
    const auto text = remote_command({"zfs", bad});
    REQUIRE_FALSE(text);
    CHECK(text.error().remedy == Remedy::give_up);
  }
}

}  // namespace
}  // namespace zr
