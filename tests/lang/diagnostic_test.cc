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
      *file, [](auto) { return std::nullopt; }, sources, diagnostics);
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
