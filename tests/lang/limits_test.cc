#include <doctest/doctest.h>

#include <chrono>

#include "tests/lang/site.h"

using namespace zr;

namespace {

std::string repeated(const std::string& piece, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + piece.size());
  while (text.size() < bytes) text += piece;
  return text;
}

constexpr std::size_t megabyte = 1U << 20U;

}  // namespace

TEST_CASE("a file that is too large is refused before it is read") {
  const Site site = compile_site(std::string(max_source_bytes + 1, '\n'));
  CHECK(site.codes() == std::vector<std::string>{"ZR1001"});
}

TEST_CASE("too many statements are one error, and the rest is not read") {
  const Site site = compile_site("rules r {\n" + repeated("a\n", 2 * max_statements + 2) + "}\n");
  CHECK(site.codes() == std::vector<std::string>{"ZR1015"});
}

TEST_CASE("a named block used over and over is an error, not an avalanche") {
  std::string text = "host nas { transport local }\nrules r {\n";
  for (int i = 0; i < 10'000; ++i) text += "t" + std::to_string(i) + " -> ok\n";
  text += "}\n" + repeated("protect { on nas; datasets r }\n", 100'000);
  CHECK(compile_site(text).codes() == std::vector<std::string>{"ZR1604"});
}

TEST_CASE("counts that are expected over and over are given up, not followed for hours") {
  const Site site = compile_site(
      "retention r { keep within 1w }\ntest \"t\" {\n" +
      repeated("expect r every 1m for 52w holds 10080\nexpect r every 1s for 1w holds 1\n",
               megabyte) +
      "}\n");
  CHECK(site.errors > 10'000);
}

TEST_CASE("tests of very many jobs are carried out") {
  std::string text = "host nas { transport local }\n", expected;
  for (int i = 0; i < 30'000; ++i) {
    const std::string n = std::to_string(i);
    text += "protect { on nas; datasets { a/" + n + " -> ok } }\nsink s" + n +
            " { on nas; map { < -> b/s" + n + " } }\n";
    expected += "expect sink.s" + n + " maps a -> b/s" + n + "\n";
  }
  CHECK(compile_site(text + "test \"t\" {\n" + expected + "}\n").errors == 0);
}

TEST_CASE("policies that nothing uses are checked in proportion to their text") {
  std::string circle, apart = "host nas { transport local }\nrules r {\n";
  for (int i = 0; i < 10'000; ++i) apart += "t" + std::to_string(i) + " -> ok\n";
  apart += "}\n";
  const int count = 50'000;
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    circle += "policy p" + n + "(x: int) { p" + std::to_string((i + 1) % count) + " u(x: x) }\n";
    apart += "policy p" + n + "(x: int) { protect { on nas; datasets r }; p" +
             std::to_string(std::min(i + 1, count - 1)) + "a u(x: x) }\n";
  }
  CHECK(compile_site(circle).codes() == std::vector<std::string>{"ZR1215"});
  const Site site = compile_site(apart);
  CHECK(site.errors == Diagnostics::max_kept);  // the policies that they name are not there
  CHECK(site.codes().front() == "ZR1214");
}

TEST_CASE("a policy with very many parameters is refused") {
  std::string head = "policy p(";
  for (int i = 0; i < 100'000; ++i) head += "x" + std::to_string(i) + ": int, ";
  const Site site = compile_site(head + ") { a b(" + repeated("{y} ", megabyte) + ") }\n");
  CHECK(site.codes() == std::vector<std::string>{"ZR1212"});
}

TEST_CASE("deep nesting is an error") {
  CHECK(compile_site(repeated("{", 10 * megabyte)).codes() ==
        std::vector<std::string>{"ZR1014", "ZR1012"});
  CHECK(compile_site("host a { zfs " + repeated("[", 10 * megabyte)).codes() ==
        std::vector<std::string>{"ZR1012"});
}

TEST_CASE("monotonous megabytes are answered") {
  for (const char* piece :
       {"\"",   "\\",     "\"\\",     "#",  "<",     "<\n", "->",  ";",          "\n",
        "\r",   "a",      "a ",       "a/", "}",     "}\n", "(\n", "host a {\n", "host a {}\n",
        "\xff", "\xff\n", "\xC3\xA4", "@ ", "keep ", "a{",  "{a}"}) {
    CAPTURE(piece);
    const Site site = compile_site(repeated(piece, megabyte / 4));
    CHECK(site.policy.has_value() == (site.errors == 0));
  }
}

TEST_CASE("a block of 50,000 patterns compiles, in any order") {
  std::string text = "host a { transport local }\nhost b { transport sim \"b\" }\nrules r {\n";
  for (int i = 0; i < 50'000; ++i) {
    const std::string n = std::to_string(i * 7919 % 50'000);
    text += "  tank/d" + n + "< -> backup/d" + n + "\n";
  }
  const Site site = compile_site(text + "}\npush p { to b; map r }\n");
  REQUIRE(site.policy);
  CHECK(site.policy->replications[0].map.all().size() == 50'000);
  CHECK(site.policy->replications[0].map.target(*DatasetName::parse("tank/d4711/x"))->str() ==
        "backup/d4711/x");
}

TEST_CASE("a policy with a thousand parameters is refused") {
  std::string text = "policy p(a: string";
  for (int i = 0; i < 1000; ++i) text += ", a" + std::to_string(i) + ": string";
  CHECK(compile_site(text + ") { }\n").codes() == std::vector<std::string>{"ZR1212"});
}

TEST_CASE("a test about a grid of many groups is answered") {
  std::string text = "retention r { keep grid 1x1h";
  for (int i = 0; i < 20'000; ++i) text += " | 1x1h";
  CHECK(compile_site(text + " }\ntest \"t\" { expect r every 1h for 870000h holds 3 }\n").codes() ==
        std::vector<std::string>{"ZR1702"});
}

TEST_CASE("wrong names are answered in proportion to their number, however many are declared") {
  std::string text, uses;
  for (int i = 0; i < 40'000; ++i) {
    const std::string n = std::to_string(i);
    text += "host h" + n + " { transport sim \"x\" }\nrules r" + n + " { }\nretention k" + n +
            " { keep last 1 }\nlet d" + n + " = 1h\n";
    uses += "protect { on g" + n + "; datasets s" + n + " }\nlet e" + n + " = f" + n +
            "\nautosnap a" + n + " { on h1; datasets r1; prefix \"p\"; every dd" + n + " }\n";
  }
  CHECK(compile_site(text + uses).errors == 160'000);
}

TEST_CASE("templates within templates end where no name would hold them") {
  std::string chain;
  for (int i = 0; i < 40'000; ++i) {
    const std::string n = std::to_string(i);
    chain += "policy p" + n + "(x: int) { p" + std::to_string(i + 1) + " u(x: x) }\n";
  }
  CHECK(compile_site(chain + "policy p40000(x: int) { }\np0 u(x: 1)\n").codes() ==
        std::vector<std::string>{"ZR1216"});
}

TEST_CASE("a loop that makes nothing very often is refused") {
  std::string list;
  for (int i = 0; i < 100'001; ++i) list += "a" + std::to_string(i) + ",";
  CHECK(compile_site("for a in [" + list + "] { }\n").codes() ==
        std::vector<std::string>{"ZR1216"});
}

TEST_CASE("of very many jobs that are alike each is told, and not about every other") {
  std::string text = "host a { transport local }\n";
  for (int i = 0; i < 1000; ++i) {
    text += "push p" + std::to_string(i) + " { to a; map { x< -> y } }\n";
  }
  const Site site = compile_site(text);
  CHECK(site.errors >= 999);
  CHECK(site.errors < 10'000);
}

TEST_CASE("filters of very many lines are not compared line by line") {
  std::string lines;
  for (int i = 0; i < 80'000; ++i) lines += "prefix \"p" + std::to_string(i) + "\"\n";
  const Site site = compile_site(
      "host a { transport local }\nprotect { on a; datasets { x -> ok }; snapshots {\n" + lines +
      "} }\nprune p { on a; datasets { x -> ok }; snapshots {\n" + lines + "}; keep last 1 }\n");
  CHECK(site.errors == 0);
}
