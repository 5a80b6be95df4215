#include "lang/parse.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>

#include "lang/context.h"
#include "tests/lang/site.h"
#include "tests/support/policy_text.h"

using namespace zr;

namespace {

std::vector<std::string> site_texts() {
  std::vector<std::string> texts;
  const auto cases = std::filesystem::path(ZREPL_SOURCE_DIR) / "tests/cases/lang";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cases)) {
    if (entry.path().extension() == ".zr") texts.push_back(read_text(entry.path()));
  }
  return texts;
}

// What is set aside as broken has an error, or it would be left out of the policy without a word.
bool says_what_is_broken(const std::string& text) {
  Sources sources;
  Diagnostics diagnostics;
  const auto file = parse(sources, sources.add("site.zr", text), diagnostics);
  if (!file || diagnostics.has_errors()) return true;
  return std::none_of(file->statements.begin(), file->statements.end(), is_broken);
}

// Whatever the text: it is answered, and every place it speaks of is in the text.
void check_total(const std::string& text) {
  const Site site = compile_site(text);
  RC_ASSERT(site.policy.has_value() == (site.errors == 0));
  RC_ASSERT(site.rendered.empty() == site.diagnostics.empty());
  RC_ASSERT(says_what_is_broken(text));
  for (const Diagnostic& d : site.diagnostics) {
    // A place may be in a file that the text uses, too.
    const auto is_in_text = [&](Span span) {
      return span.begin <= span.end && (span.source != SourceId{} || span.end <= text.size());
    };
    RC_ASSERT(is_in_text(d.span));
    RC_ASSERT(!d.message.empty());
    for (const Label& l : d.secondary) RC_ASSERT(is_in_text(l.span));
    for (const Help& h : d.help) RC_ASSERT(!h.text.empty());
  }
}

}  // namespace

TEST_CASE("the grammar has no loop without progress") { CHECK(grammar_problems() == 0); }

TEST_CASE("any bytes are answered") {
  CHECK(rc::check("random bytes", [](const std::string& bytes) { check_total(bytes); }));
}

TEST_CASE("any tokens in any order are answered") {
  CHECK(rc::check("random tokens", [] {
    const auto tokens = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "host ", "nas ", "{", "}", "\n", ";", "\"", "\\", "<", "->", "keep ", "rules ", "tank/a",
        "(", ")", "[", "]", "#", "omit", "on ", "grid ", "1x1h", "|", "=", ",", "push ", "prune ",
        "map ", "{h}", "\t", "\r\n", "\xC3\xA4", "@", "transport local", "snapshots any",
        "datasets ", "protect", "for ", "0", "\n  ", "\n    ", "\xE2\x86\x92", "\xC2\xA0", "map",
        "15", " m", "yes", "//", "24y1h", "80 MiB", "sudo "));
    std::string text;
    for (const auto& t : tokens) text += t;
    check_total(text);
  }));
}

TEST_CASE("any file with a few bytes changed is answered") {
  const auto texts = site_texts();
  REQUIRE(texts.size() > 70);
  CHECK(rc::check("mutated files", [&texts] {
    std::string text = *rc::gen::elementOf(texts);
    for (int i = *rc::gen::inRange(1, 6); i > 0 && !text.empty(); --i) {
      const std::size_t at = *rc::gen::inRange<std::size_t>(0, text.size());
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          text[at] = static_cast<char>(*rc::gen::inRange(0, 256));
          break;
        case 1:
          text.erase(at, *rc::gen::inRange<std::size_t>(1, 20));
          break;
        case 2:
          text.insert(at,
                      std::string(1, *rc::gen::element('{', '}', '"', '<', '\n', '(', ';', '#')));
          break;
        default:
          text.resize(at);
      }
    }
    check_total(text);
  }));
}

TEST_CASE("statements end at a line end or a semicolon, not inside brackets") {
  const Site lines = compile_site(
      "host nas {\n transport local\n zfs [\n \"sudo\", # why\n\n \"zfs\"\n ]\n slots\t4 # "
      "four\n}");
  const Site line =
      compile_site("host nas { transport local; zfs [\"sudo\", \"zfs\"]; slots 4; };");
  REQUIRE(lines.policy);
  REQUIRE(line.policy);
  CHECK(lines.policy->hash == line.policy->hash);
}

TEST_CASE(
    "characters beyond ASCII are an error outside strings and comments, wherever they stand") {
  for (const char* text :
       {"site a \xC3\xA4", "\xE2\x86\x92", "zfs [ \xC3\xA4 ]", "a \xF0\x9F\x90\x98 { }"}) {
    CAPTURE(text);
    CHECK(compile_site(text).codes() == std::vector<std::string>{"ZR1004"});
  }
  CHECK(compile_site("site a # \xC3\xA4").codes().empty());
}

TEST_CASE("a declaration after a missing brace is read as one") {
  const Site site = compile_site(
      "host nas {\n transport local\n\nhost vault {\n transport lokal\n}\nprotect {\n on nass\n "
      "datasets { }\n}\n");
  CHECK(site.codes() == std::vector<std::string>{"ZR1008", "ZR1308", "ZR1203"});
}

TEST_CASE("comments are kept, whole and in order, and a `#` in a string is none") {
  Sources sources;
  const std::string text =
      "# one\r\nsite x ## two\nhost a { # three\n zfs [ # four\n \"#no\" ] }\n#";
  const SourceId id = sources.add("site.zr", text);
  Diagnostics diagnostics;
  const auto file = parse(sources, id, diagnostics);
  REQUIRE(file);
  std::vector<std::string> comments;
  for (const ast::Comment& c : file->comments) {
    comments.push_back(text.substr(c.begin, c.end - c.begin));
  }
  CHECK(comments == std::vector<std::string>{"# one", "## two", "# three", "# four", "#"});
}
