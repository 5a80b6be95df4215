#include "lang/explain.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "lang/embedded.h"
#include "tests/lang/site.h"

using namespace zr;

namespace {

std::vector<Example> examples_of(const Explanation& page) {
  std::vector<Example> examples;
  for (const auto& part : page.parts) {
    if (const auto* example = std::get_if<Example>(&part)) examples.push_back(*example);
  }
  return examples;
}

}  // namespace

TEST_CASE("every code has a page, and every page a code") {
  std::set<std::string, std::less<>> codes;
  for (const CodeInfo& info : all_codes) {
    CAPTURE(to_string(info.code));
    codes.insert(to_string(info.code));
    CHECK_FALSE(explanation_page(info.code).empty());
    const auto page = explanation(info.code);
    REQUIRE(page);
    CHECK(page->title == info.title);
    const std::string prose = page->prose();
    const auto lines = std::count(prose.begin(), prose.end(), '\n');
    CHECK(lines >= 2);
    CHECK(lines <= 6);
  }
  for (const EmbeddedText& page : embedded_explain()) {
    CAPTURE(page.name);
    CHECK(codes.count(page.name) == 1);
  }
}

TEST_CASE("the wrong example of a page has its code and nothing else, and the right one compiles") {
  for (const CodeInfo& info : all_codes) {
    const std::string code = to_string(info.code);
    CAPTURE(code);
    const auto page = explanation(info.code);
    REQUIRE(page);
    const auto examples = examples_of(*page);
    CHECK(std::count_if(examples.begin(), examples.end(),
                        [](const Example& e) { return e.fails; }) == 1);
    CHECK(examples.size() >= 2);
    for (const Example& example : examples) {
      const Site site = compile_site(example.text());
      CAPTURE(site.rendered);
      CHECK(site.codes() == (example.fails ? std::vector{code} : std::vector<std::string>{}));
      CHECK(example.shown.size() < 1000);
    }
  }
}

TEST_CASE("a code is found with or without its letters") {
  for (const char* text : {"ZR1203", "zr1203", "Zr1203", "1203"}) {
    CHECK(parse_code(text) == Code::unknown_host);
  }
  for (const char* text : {"", "ZR", "ZR12", "ZR1299", "12o3", "ZR1203 ", "-1203", "99999999"}) {
    CHECK_FALSE(parse_code(text).has_value());
  }
}

TEST_CASE("an example stands for bytes and for many lines") {
  CHECK(Example{true, true, 0, 0, "a\\xff\\x0g\\x\n"}.text() == "a\xff\\x0g\\x\n");
  CHECK(Example{true, false, 2, 3, "a\nb\nc\n"}.text() == "a\nb\nb\nb\nc\n");
  CHECK(Example{true, false, 0, 0, "a\\xff\n"}.text() == "a\\xff\n");
}
