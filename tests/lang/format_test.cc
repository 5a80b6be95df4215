#include "lang/format.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "lang/spelling.h"
#include "tests/lang/formatted.h"
#include "tests/support/golden.h"
#include "tests/support/policy_text.h"

using namespace zr;
namespace fs = std::filesystem;

namespace {

const fs::path cases = fs::path(ZREPL_SOURCE_DIR) / "tests/cases";

std::string script(const std::string& text) {
  const ParsedText parsed(text);
  REQUIRE(parsed.is_right());
  return without_layout(*parsed.file, text);
}

std::string repeated(const std::string& piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

}  // namespace

TEST_CASE("the layout of every case is what its .expect says") {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(cases / "format")) {
    if (entry.path().extension() != ".zr") continue;
    ++count;
    CAPTURE(entry.path().filename().string());
    const std::string text = read_text(entry.path());
    const auto result = formatted(text);
    REQUIRE(result);
    check_golden(fs::path(entry.path()).replace_extension(".expect"), *result);
    CHECK(problem_with(text, *result) == "");
  }
  CHECK(count >= 17);
}

TEST_CASE("site files of the other cases keep what they say and mean") {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(cases)) {
    if (entry.path().extension() != ".zr") continue;
    CAPTURE(entry.path().string());
    const std::string text = read_text(entry.path());
    if (const auto result = formatted(text)) {
      ++count;
      CHECK(problem_with(text, *result) == "");
    }
  }
  CHECK(count > 100);
}

TEST_CASE("two spellings of one thing are the same, and two things are not") {
  CHECK(script("a b { c; d }") == script("a  b{ c\nd\n}\n"));
  CHECK(script("a [b, c]") == script("a [\nb,\nc,\n]"));
  CHECK(script("a(b: c)") == script("a(\nb: c,\n)"));
  CHECK(script("keep grid 24 x 1h") == script("keep grid 24x1h"));
  CHECK(script("a [b # c\n, d]") == script("a [b, # c\nd]"));
  for (const auto& pair : {
           std::pair{"a b", "a; b"},
           std::pair{"a b", "b a"},
           std::pair{"a b", "a \"b\""},
           std::pair{"a<", "a <"},
           std::pair{"a { }", "a"},
           std::pair{"a { b }; c", "a { b; c }"},
           std::pair{"a { b; c }", "a { b c }"},
           std::pair{"a (b, c)", "a (b, c,)"},
           std::pair{"a (b)", "a [b]"},
           std::pair{"a [,]", "a []"},
           std::pair{"a [b,,]", "a [b,]"},
           std::pair{"a # b", "a"},
           std::pair{"a # b", "a # c"},
           std::pair{"a # b\n# c", "a # c\n# b"},
           std::pair{"a # b\nc", "a\nc # b"},
           std::pair{"a {\n b # c\n}", "a {\n b\n} # c"},
           std::pair{"keep last 1 x 1h", "keep last 1x1h"},
       }) {
    const std::string one = pair.first, other = pair.second;
    CAPTURE(one);
    CAPTURE(other);
    CHECK(script(one) != script(other));
  }
}

TEST_CASE("large files of every shape are formatted, and once is enough") {
  constexpr std::size_t many = 200'000;
  for (const std::string& text : {
           "rules r {\n" + repeated("tank/a< -> backup/a\n", many) + "}\n",
           "rules r {" + repeated("tank/a< -> backup/a;", many) + "}\n",
           repeated("host nas { transport local }\n", many / 2),
           repeated("host nas {\ntransport local }\n", many / 2),
           "zfs [" + repeated("\"a\", ", many) + "]\n",
           "zfs [" + repeated("[a] ", many) + "]\n",
           "zfs [\n" + repeated("a # b\n", many) + "]\n",
           repeated("# a comment\n\n\n", many),
           repeated("a {\n", 60) + repeated("b [c, d]\n", many / 4) + repeated("}\n", 60),
           repeated("a { ", 60) + repeated("b; ", many) + repeated("} ", 60),
           repeated("a; # b\n", many),
           "zfs " + repeated("[", 60) + repeated("a, ", many) + repeated("]", 60),
           "a " + repeated("word ", many),
           "a \"" + repeated("string", many) + "\"",
           repeated(" ;\n", many),
           "keep grid " + repeated("24 x 1h | ", many),
       }) {
    CAPTURE(text.substr(0, 40));
    const auto result = formatted(text);
    REQUIRE(result);
    CHECK(formatted(*result) == result);
    CHECK(script(text) == script(*result));
  }
  CHECK_FALSE(formatted(repeated("{", 10U << 20U)).has_value());
}
