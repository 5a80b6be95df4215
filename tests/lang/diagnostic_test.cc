#include "lang/diagnostic.h"

#include <doctest/doctest.h>

#include "tests/lang/site.h"

using namespace zr;

TEST_CASE("the name that was probably meant is near, whatever its case") {
  const std::vector<std::string> names{"nas", "vault", "production"};
  CHECK(nearest_name("nsa", names) == "nas");
  CHECK(nearest_name("NAS", names) == "nas");
  CHECK(nearest_name("valt", names) == "vault");
  CHECK(nearest_name("prodcution", names) == "production");
  CHECK_FALSE(nearest_name("tape", names).has_value());
  CHECK_FALSE(nearest_name("", {}).has_value());
  CHECK_FALSE(nearest_name(std::string(100'000, 'n'), names).has_value());
}

TEST_CASE("of names that are equally near the first of the alphabet is offered") {
  CHECK(nearest_name("xas", {"nas", "mas"}) == "mas");
  CHECK(nearest_name("xas", {"mas", "nas"}) == "mas");
}

TEST_CASE("errors come in the order of the text") {
  const Site site = compile_site("rules r {\n  a\n}\nsite Office\nrules q {\n  b\n}\nhots x\n");
  CHECK(site.codes() == std::vector<std::string>{"ZR1401", "ZR1202", "ZR1401", "ZR1101"});
}

TEST_CASE("a hundred errors are shown, and the rest counted") {
  std::string text = "rules r {\n";
  for (int i = 0; i < 2500; ++i) text += "  a" + std::to_string(i) + "\n";
  const Site site = compile_site(text + "}\n");
  CHECK(site.errors == 2500);
  CHECK(site.rendered.find("\nand 2400 more errors\n") != std::string::npos);
  std::size_t shown = 0;
  for (std::size_t at = 0; (at = site.rendered.find("error[", at)) != std::string::npos; ++at)
    ++shown;
  CHECK(shown == 100);
}

TEST_CASE("colour is an addition: without it the text is the same") {
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id = sources.add("site.zr", "host nas {\n  transport lokal\n}\n");
  const auto file = parse(sources, id, diagnostics);
  compile(
      *file, [](auto) { return Imported{}; }, sources, diagnostics);
  const std::string plain = render(diagnostics, sources, {});
  std::string colored = render(diagnostics, sources, {true});
  CHECK(colored.find("\x1b[1;31m") != std::string::npos);
  for (std::size_t at = 0; (at = colored.find('\x1b', at)) != std::string::npos;) {
    colored.erase(at, colored.find('m', at) - at + 1);
  }
  CHECK(colored == plain);
}

TEST_CASE("nothing of a text or a file's name reaches a terminal as a control character") {
  const std::string nasty =
      "host \x1b[31mred { transport \"\x07\x9b\" }\n# \xE2\x80\xAE\n\x01 \x7f\xff\n";
  const Site site = compile_site(nasty, "evil\x1b[2J\n.zr");
  CHECK_FALSE(site.policy.has_value());
  for (const char c : site.rendered) {
    const auto byte = static_cast<unsigned char>(c);
    CHECK((byte >= 0x20 || c == '\n'));
    CHECK(byte != 0x7F);
  }
  CHECK(site.rendered.find("\xE2\x80\xAE") == std::string::npos);
}

namespace {

// `text` in which each of `uses` made the same mistake, an expansion within an expansion.
struct Expanded {
  Sources sources;
  Diagnostics diagnostics;
  SourceId id = sources.add("site.zr", "policy p {\n  bad\n}\np one\np two\n");

  Span line(std::uint32_t number, ExpansionId in = ExpansionId::none) const {
    const std::uint32_t begin = sources.line_begin(id, number);
    return {id, begin, begin + static_cast<std::uint32_t>(sources.line(id, number).size()), in};
  }
  void bad(ExpansionId in, std::string message = "bad") {
    Diagnostic d;
    d.code = "ZR1102";
    d.message = std::move(message);
    d.span = line(2, in);
    diagnostics.add(std::move(d));
  }
};

}  // namespace

TEST_CASE("what was made by a template is shown with its uses, innermost first") {
  Expanded e;
  const ExpansionId outer = e.sources.add(Expansion{"`p one`", e.line(4)});
  e.bad(e.sources.add(Expansion{"`p two`", e.line(5, outer)}));
  const std::string text = render(e.diagnostics, e.sources, {});
  CHECK(text ==
        "error[ZR1102]: bad\n"
        " --> site.zr:2:1\n"
        "  |\n"
        "2 |   bad\n"
        "  | ^^^^^\n"
        "  = note: in `p two`\n"
        " ::: site.zr:5:1\n"
        "  |\n"
        "5 | p two\n"
        "  | ----- used here\n"
        "  = note: in `p one`\n"
        " ::: site.zr:4:1\n"
        "  |\n"
        "4 | p one\n"
        "  | ----- used here\n");
}

TEST_CASE("of very many levels of expansion eight are shown") {
  Expanded e;
  ExpansionId in = ExpansionId::none;
  for (int i = 0; i < 11; ++i) in = e.sources.add(Expansion{"`p`", e.line(4, in)});
  e.bad(in);
  CHECK(expansion_chain(e.sources, e.line(2, in)).shown.size() == 8);
  const std::string text = render(e.diagnostics, e.sources, {});
  CHECK(text.find("  = note: and 3 more\n") != std::string::npos);
}

TEST_CASE("the same error of several uses is shown once") {
  Expanded e;
  for (int i = 0; i < 5; ++i) e.bad(e.sources.add(Expansion{"`p`", e.line(4)}));
  e.bad(e.sources.add(Expansion{"`p`", e.line(4)}), "worse");
  CHECK(e.diagnostics.errors() == 6);
  CHECK(e.diagnostics.count(Severity::error) == 2);
  const auto all = e.diagnostics.sorted();
  REQUIRE(all.size() == 2);
  CHECK(all[0].more_uses == 4);
  CHECK(all[1].more_uses == 0);
  const std::string text = render(e.diagnostics, e.sources, {});
  CHECK(text.find("  = note: and 4 more uses\n") != std::string::npos);
  CHECK(text.find("more error") == std::string::npos);
}

TEST_CASE("errors are shown before a hundred warnings are") {
  Expanded e;
  for (int i = 0; i < 150; ++i) {
    Diagnostic d;
    d.severity = i < 148 ? Severity::warning : Severity::error;
    d.code = "ZR1102";
    d.message = "number " + std::to_string(i);
    d.span = e.line(2);
    e.diagnostics.add(std::move(d));
  }
  const std::string text = render(e.diagnostics, e.sources, {});
  CHECK(text.find("error[ZR1102]: number 149\n") != std::string::npos);
  CHECK(text.find("warning[ZR1102]: number 97\n") != std::string::npos);
  CHECK(text.find("number 98\n") == std::string::npos);
  CHECK(text.find("\nand 50 more warnings\n") != std::string::npos);
}
