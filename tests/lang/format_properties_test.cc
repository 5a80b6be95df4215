#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <filesystem>

#include "tests/lang/formatted.h"
#include "tests/support/policy_text.h"

using namespace zr;

namespace {

std::vector<std::string> site_texts() {
  std::vector<std::string> texts;
  const auto cases = std::filesystem::path(ZREPL_SOURCE_DIR) / "tests/cases";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cases)) {
    if (entry.path().extension() != ".zr") continue;
    std::string text = read_text(entry.path());
    if (ParsedText(text).is_right()) texts.push_back(std::move(text));
  }
  return texts;
}

// Formats a text, if it parses, and asserts what every layout promises.
bool keeps_its_promises(const std::string& text) {
  const auto result = formatted(text);
  if (!result) return false;
  const std::string problem = problem_with(text, *result);
  if (!problem.empty()) RC_LOG() << problem << ":\n" << text << "\n---\n" << *result;
  RC_ASSERT(problem.empty());
  return true;
}

std::string random_blanks() {
  return *rc::gen::element<std::string>("", "", "", " ", " ", "  ", "\t", "\r\n", "\n", "\n\n",
                                        "\n\n\n", ";", " ; ", " # c\n", "\n# d\n", "\n\n## e \n");
}

// Statements that always parse, with anything that may stand between tokens.
class RandomText {
 public:
  std::string file() {
    statements(0);
    return text_;
  }

 private:
  static int pick(int count) { return *rc::gen::inRange(0, count); }

  void statements(int depth) {
    for (int i = pick(5); i > 0; --i) {
      text_ += random_blanks();
      statement(depth);
      text_ += *rc::gen::element<std::string>("\n", ";", " # f\n", ";# g\n", "\n\n", " ;\n\n# h\n");
    }
    text_ += random_blanks();
  }

  void statement(int depth) {
    for (int i = pick(4) + 1; i > 0; --i) {
      item(depth, false);
      text_ += *rc::gen::element<std::string>(" ", "\t", "  ");
    }
    if (depth > 3 || pick(3) != 0) return;
    text_ += "{ ";
    statements(depth + 1);
    text_ += "}";
  }

  void item(int depth, bool in_list) {
    switch (pick(depth > 4 ? 7 : 9)) {
      case 0:
        text_ += *rc::gen::element<std::string>("keep grid 24 x 1h", "3x 2d", "4 x1w", "x", "|");
        break;
      case 1:
        text_ += *rc::gen::element<std::string>("->", "<", "=", "|", ",", "keep=all", "a: b = c");
        break;
      case 2:
        text_ += *rc::gen::element<std::string>("\"a\"", "\"#;{\"<", "\"\\\"\\\\\"", "\"ä\"");
        break;
      case 7:
      case 8:
        list(depth + 1);
        break;
      default:
        text_ += *rc::gen::element<std::string>("tank/a<", "on", "from:", "{h}", "a-", "policy",
                                                "a_rather_long_word_to_fill_the_line");
    }
    if (in_list) text_ += between();
  }

  void list(int depth) {
    const bool round = pick(2) == 0;
    text_ += (round ? "(" : "[") + between();
    for (int i = pick(5); i > 0; --i) {
      item(depth, true);
      if (pick(3) != 0) text_ += "," + between();
    }
    text_ += round ? ")" : "]";
  }

  static std::string between() {
    return *rc::gen::element<std::string>(" ", " ", "  ", "\n", "\n\n\n", " # i\n", "\n# j\n");
  }

  std::string text_;
};

}  // namespace

TEST_CASE("any statements, lists and comments keep what they say") {
  int formatted_texts = 0;
  CHECK(rc::check("random statements", [&] {
    if (keeps_its_promises(RandomText().file())) ++formatted_texts;
  }));
  CHECK(formatted_texts > 50);
}

TEST_CASE("any file with a few bytes changed keeps what it says, if it still parses") {
  const auto texts = site_texts();
  REQUIRE(texts.size() > 100);
  CHECK(rc::check("mutated files", [&] {
    std::string text = *rc::gen::elementOf(texts);
    for (int i = *rc::gen::inRange(1, 4); i > 0 && !text.empty(); --i) {
      const std::size_t at = *rc::gen::inRange<std::size_t>(0, text.size());
      if (*rc::gen::inRange(0, 3) == 0)
        text.erase(at, *rc::gen::inRange<std::size_t>(1, 8));
      else
        text.insert(at, random_blanks());
    }
    keeps_its_promises(text);
  }));
}

TEST_CASE("any tokens keep what they say, if they parse") {
  CHECK(rc::check("random tokens", [] {
    const auto tokens = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "host ", "nas ", " {", "}", "\n", ";", "<", "->", "keep ", "a", "(", ")", "[", "]", "#",
        "grid ", "1x1h", "|", "=", ",", "\"s\"", "{h}", "\t", "\r\n", "x", " ", "24"));
    std::string text;
    for (const auto& token : tokens) text += token;
    keeps_its_promises(text);
  }));
}
