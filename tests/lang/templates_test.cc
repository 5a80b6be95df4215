#include <doctest/doctest.h>

#include <filesystem>
#include <sstream>

#include "lang/canonical.h"
#include "tests/lang/site.h"
#include "tests/support/policy_text.h"

using namespace zr;

namespace {

const std::string nas = "site s\nhost nas { transport local }\n";

std::string hash_of(const std::string& text, const Files& files = {}) {
  const Site site = compile_site(text, "site.zr", files);
  CAPTURE(site.rendered);
  REQUIRE(site.policy);
  return site.policy->hash;
}

std::string job(const std::string& kind_and_name, const std::string& every = "1h") {
  return kind_and_name + " { on nas; datasets { tank< -> ok }; prefix \"p_\"; every " + every +
         " }\n";
}

// `levels` policies, each of which uses the one before `width` times.
std::string tower(int levels, int width) {
  std::string text = nas + "policy p0(n: int) { protect { on nas; datasets { t -> ok } } }\n";
  for (int i = 1; i <= levels; ++i) {
    text += "policy p" + std::to_string(i) + "(n: int) {\n";
    for (int k = 0; k < width; ++k) {
      text += "  p" + std::to_string(i - 1) + " u" + std::to_string(k) + "(n: 1)\n";
    }
    text += "}\n";
  }
  return text + "p" + std::to_string(levels) + " all(n: 1)\n";
}

}  // namespace

TEST_CASE("a policy's hash does not depend on how its text is put together") {
  const std::string plain = hash_of(nas + job("autosnap a", "15m"));
  CHECK(hash_of("# why\n" + nas + "## what\n" + job("autosnap a", "15m") + "# end\n") == plain);
  CHECK(hash_of(job("autosnap a", "15m") + nas) == plain);
  CHECK(hash_of(nas + "let often = 15m\n" + job("autosnap a", "often")) == plain);
  CHECK(hash_of(nas + "let rarely = 15m\n" + job("autosnap a", "rarely")) == plain);
  CHECK(hash_of("use \"jobs.zr\"\nsite s\n", {{"jobs.zr", "host nas { transport local }\n" +
                                                              job("autosnap a", "15m")}}) == plain);
  CHECK(hash_of(nas + job("autosnap a", "15m") +
                "test \"t\" { expect autosnap.a maps tank -> ok }\n") == plain);
  CHECK(hash_of(nas + job("autosnap a", "15m") +
                "retention r { keep last 4 }\ntest \"t\" { expect r every 1h for 1d holds 4 }\n") ==
        plain);
  CHECK(hash_of(nas + job("autosnap a", "16m")) != plain);
  CHECK(hash_of(nas + job("autosnap b", "15m")) != plain);
  CHECK(hash_of(nas + job("autosnap a", "15m") + "sink c { on nas; map { < -> backup } }\n") !=
        plain);
}

TEST_CASE("a template's name is not in the hash, and the names of its uses are") {
  const auto site = [](const std::string& policy, const std::string& use) {
    return nas + "policy " + policy + "(every: duration) { " +
           "autosnap a { on nas; datasets { tank< -> ok }; prefix \"p_\"; every every } }\n" +
           policy + " " + use + "(every: 1h)\n";
  };
  CHECK(hash_of(site("one", "x")) == hash_of(site("two", "x")));
  CHECK(hash_of(site("one", "x")) != hash_of(site("one", "y")));
}

TEST_CASE("expansion that explodes is answered when the limits are reached") {
  // Without them this would not come to an end.
  for (const std::string& text : {tower(6, 10), tower(17, 2), tower(60, 2)}) {
    const Site site = compile_site(text);
    CHECK_FALSE(site.policy.has_value());
    CHECK(site.codes().front() == "ZR1216");
  }
}

TEST_CASE("text that doubles with every template is answered, and so is much of it") {
  std::string doubling = "policy p0(h: string) { rules r { tank -> ok } }\n";
  for (int i = 1; i < 60; ++i) {
    doubling += "policy p" + std::to_string(i) + "(h: string) { p" + std::to_string(i - 1) +
                " a(h: \"{h}{h}\") }\n";
  }
  CHECK(compile_site(doubling + "p59 top(h: \"x\")\n").codes().front() == "ZR1216");

  std::string much = "policy p0(h: string) { }\npolicy p(h: string) {\n";
  for (int i = 0; i < 9000; ++i) much += "p0 a" + std::to_string(i) + "(h: \"{h}\")\n";
  const std::string long_text(60'000, 'x');
  CHECK(compile_site(much + "}\np top(h: \"" + long_text + "\")\n").codes().front() == "ZR1216");
}

TEST_CASE("a policy that nothing uses is as right as its body is without it") {
  std::size_t wrapped = 0;
  const auto folder = std::filesystem::path(ZREPL_SOURCE_DIR) / "tests/cases/lang";
  for (const char* kind : {"ok", "findings"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder / kind)) {
      if (entry.path().extension() != ".zr") continue;
      std::string text = read_text(entry.path());
      if (text.find('\r') != std::string::npos || text.rfind("\xEF\xBB\xBF", 0) == 0) continue;
      // What stands at the top level of a file only stays there.
      std::string outside, inside;
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) {
        const bool stays = (line.rfind("site ", 0) == 0 && line.find("->") == std::string::npos) ||
                           line.rfind("use ", 0) == 0 || line.rfind("let ", 0) == 0;
        (stays ? outside : inside) += line + "\n";
      }
      if (inside.find("\npolicy ") != std::string::npos ||
          inside.find("limits {") != std::string::npos ||
          inside.find("\nfor ") != std::string::npos || outside.find("let ") != std::string::npos ||
          outside.find(".zr\"") != std::string::npos) {
        continue;
      }
      CAPTURE(entry.path().filename().string());
      const Site site =
          compile_site(outside + "policy unused(nothing-here: int) {\n" + inside + "}\n");
      CAPTURE(site.rendered);
      CHECK(site.errors == 0);
      ++wrapped;
    }
  }
  CHECK(wrapped > 30);
}

TEST_CASE("what a template declares is its own, and what it names is where it is written") {
  const Files files{{"lib.zr",
                     "rules data { lib/data< -> ok }\n"
                     "policy p(on: host) { autosnap a { on on; datasets data; prefix \"a_\"; "
                     "every 1h } }\n"}};
  const Site site =
      compile_site("use \"lib.zr\"\n" + nas + "rules data { own/data< -> ok }\nlib.p x(on: nas)\n" +
                       "protect { on nas; datasets data }\n",
                   "site.zr", files);
  REQUIRE(site.policy);
  CHECK(site.policy->autosnaps.front().datasets.takes(*DatasetName::parse("lib/data/x")));
  CHECK_FALSE(site.policy->autosnaps.front().datasets.takes(*DatasetName::parse("own/data")));
  CHECK(site.policy->protects.front().datasets.takes(*DatasetName::parse("own/data")));
}

TEST_CASE("a step of the built-in library's templates is of the line that uses them") {
  const Site site = compile_site(
      "use \"std/topology\"\n" + nas +
      "topology.local_mirror m(on: nas, data: tank, copy: backup)\n"
      "policy own(on: host) {\n  autosnap a { on on; datasets { x -> ok }; prefix \"x_\"; every 1h "
      "}\n}\nown o(on: nas)\n");
  REQUIRE(site.policy);
  CHECK(site.policy->autosnaps[0].id.str() == "autosnap.m.data");
  CHECK(site.policy->autosnaps[0].origin == Origin{"site.zr", 4});
  CHECK(site.policy->autosnaps[1].origin == Origin{"site.zr", 6});
}

TEST_CASE("files are found from the file that uses them, and read once") {
  const Files files{{"a/b.zr", "use \"../c.zr\"\nuse \"./d.zr\"\n"},
                    {"c.zr", "host c { transport local }\n"},
                    {"a/d.zr", "use \"../c.zr\"\nprotect { on c.c; datasets { t -> ok } }\n"}};
  const Site site = compile_site("use \"a/b.zr\"\nuse \"c.zr\"\n", "site.zr", files);
  CAPTURE(site.rendered);
  REQUIRE(site.policy);
  CHECK(site.policy->hosts.size() == 1);
  CHECK(site.policy->protects.size() == 1);
}
