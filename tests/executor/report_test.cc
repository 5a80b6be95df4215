#include "executor/report/report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/golden.h"

using namespace zr;
using nlohmann::json;

namespace {

// A site with a template, and diagnostics as a compilation of it could report them.
struct Sample {
  Sources sources;
  Diagnostics diagnostics;
  SourceId site = sources.add("sites/my, site.zr",
                              "# 100 %\n"
                              "host nas {\n"
                              "  state \"grün\"; slots 100\n"
                              "}\n"
                              "policy mirror(source: host) {\n"
                              "  pull copy { from nass }\n"
                              "}\n"
                              "mirror nightly(source: nas)\n"
                              "mirror weekly(source: nas)\n");

  Span at(std::string_view text, ExpansionId expansion = ExpansionId::none) const {
    const auto begin = static_cast<std::uint32_t>(sources.text(site).find(text));
    return {site, begin, begin + static_cast<std::uint32_t>(text.size()), expansion};
  }

  ExpansionId use(std::string_view text, ExpansionId in = ExpansionId::none) {
    return sources.add(
        Expansion{"`" + std::string(text.substr(0, text.find('('))) + "`", at(text, in)});
  }

  void add(Severity severity, std::string code, std::string message, Span span) {
    Diagnostic d;
    d.severity = severity;
    d.code = std::move(code);
    d.message = std::move(message);
    d.span = span;
    diagnostics.add(std::move(d));
  }
};

Sample sample() {
  Sample s;
  s.add(Severity::warning, "ZR1308", "100 % of it\nis \"odd\"", s.at("slots"));
  for (const char* use : {"mirror nightly(source: nas)", "mirror weekly(source: nas)"}) {
    Diagnostic d;
    d.code = "ZR1203";
    d.message = "unknown host `nass`";
    d.span = s.at("nass", s.use(use));
    d.label = "no host has this name";
    d.secondary.push_back({s.at("source: host"), "what was given"});
    d.help.push_back({"write `nas`", d.span, "nas"});
    s.diagnostics.add(std::move(d));
  }
  s.add(Severity::error, "ZR1301", "100 is too large", s.at("100\n"));
  s.add(Severity::note, "ZR1008", "the end", {s.site, 1000, 1000, {}});
  return s;
}

// With a version that stays.
std::string unversioned(std::string sarif) {
  const std::string key = "\"name\": \"zrepl\",\n          \"version\": \"";
  const std::size_t at = sarif.find(key);
  REQUIRE(at != std::string::npos);
  const std::size_t begin = at + key.size();
  return sarif.replace(begin, sarif.find('"', begin) - begin, "VERSION");
}

std::filesystem::path golden(const char* name) {
  return std::filesystem::path(ZREPL_SOURCE_DIR) / "tests/cases/report" / name;
}

}  // namespace

TEST_CASE("diagnostics of every severity, with an expansion, in each format") {
  const Sample s = sample();
  check_golden(golden("sample.text"), render(s.diagnostics, s.sources, {}));
  check_golden(golden("sample.json"), diagnostics_to_json(s.diagnostics, s.sources, false));
  check_golden(golden("sample.sarif"),
               unversioned(diagnostics_to_sarif(s.diagnostics, s.sources, "/work")));
  check_golden(golden("sample.github"), annotations(s.diagnostics, s.sources, "/work"));
}

TEST_CASE("no diagnostics are a document too") {
  const Sources sources;
  CHECK(json::parse(diagnostics_to_json({}, sources, false))["diagnostics"].empty());
  CHECK(json::parse(diagnostics_to_sarif({}, sources, "/"))["runs"][0]["results"].empty());
  CHECK(annotations({}, sources, "/").empty());
}

TEST_CASE("what is allowed is suppressed in SARIF, shown in JSON on demand, and never annotated") {
  Sample s = sample();
  const std::string text = render(s.diagnostics, s.sources, {});
  const std::string commands = annotations(s.diagnostics, s.sources, "/work");
  const json before = json::parse(diagnostics_to_sarif(s.diagnostics, s.sources, "/work"));
  const json listed = json::parse(diagnostics_to_json(s.diagnostics, s.sources, true));
  Diagnostic d;
  d.severity = Severity::warning;
  d.code = "ZR2014";
  d.message = "nothing uses the host `nas`";
  d.span = s.at("nas");
  s.diagnostics.allow(d, "for \"later\"");
  CHECK(render(s.diagnostics, s.sources, {}) == text);
  CHECK(annotations(s.diagnostics, s.sources, "/work") == commands);

  json quiet = json::parse(diagnostics_to_json(s.diagnostics, s.sources, false));
  CHECK(quiet["diagnostics"] == listed["diagnostics"]);
  CHECK(quiet["summary"]["allowed"] == 1);
  const json shown = json::parse(diagnostics_to_json(s.diagnostics, s.sources, true));
  REQUIRE(shown["diagnostics"].size() == listed["diagnostics"].size() + 1);
  CHECK(shown["diagnostics"][0]["code"] == "ZR2014");
  CHECK(shown["diagnostics"][0]["allowed"] == "for \"later\"");
  CHECK_FALSE(shown["diagnostics"][1].contains("allowed"));

  // What is not suppressed has an empty list, and is the same otherwise.
  json results =
      json::parse(diagnostics_to_sarif(s.diagnostics, s.sources, "/work"))["runs"][0]["results"];
  CHECK(results[0]["suppressions"][0]["kind"] == "inSource");
  CHECK(results[0]["suppressions"][0]["justification"] == "for \"later\"");
  results.erase(0);
  json others = before["runs"][0]["results"];
  for (json& result : others) result["suppressions"] = json::array();
  CHECK(results == others);
}

TEST_CASE("nine annotations of each severity, most severe first, and one notice about the rest") {
  Sample s;
  const Span place = s.at("nas");
  for (int i = 0; i < 12; ++i) {
    s.add(Severity::note, "ZR1203", "note", place);
    s.add(Severity::warning, "ZR1203", "warning", place);
    if (i < 10) s.add(Severity::error, "ZR1203", "error", place);
  }
  const std::string text = annotations(s.diagnostics, s.sources, "/work");
  const auto lines = [&](std::string_view begin) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos; ++at) ++count;
    return count;
  };
  CHECK(lines("::error ") == 9);
  CHECK(lines("::warning ") == 9);
  CHECK(lines("::notice ") == 10);
  CHECK(text.find("::error") < text.find("::warning"));
  CHECK(text.find("::warning") < text.find("::notice"));
  CHECK(text.find("::and 1 more error and 3 more warnings and 3 more notes; see the log\n") !=
        std::string::npos);
}

TEST_CASE("paths are told from the current folder") {
  CHECK(path_from("/work", "site.zr") == "site.zr");
  CHECK(path_from("/work", "./a/../site.zr") == "site.zr");
  CHECK(path_from("/work", "/work/a/site.zr") == "a/site.zr");
  CHECK(path_from("/work", "/elsewhere/site.zr") == "/elsewhere/site.zr");
  CHECK(path_from("/work", "../site.zr") == "../site.zr");
}

TEST_CASE("what is not UTF-8 still makes JSON") {
  Sample s;
  const SourceId id = s.sources.add("caf\xe9.zr", "\xff\n");
  s.add(Severity::error, "ZR1002", "the text is not UTF-8", {id, 0, 1, {}});
  CHECK(json::accept(diagnostics_to_json(s.diagnostics, s.sources, false)));
  CHECK(json::accept(diagnostics_to_sarif(s.diagnostics, s.sources, "/work")));
}
