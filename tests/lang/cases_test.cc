#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "lang/canonical.h"
#include "lang/codes.h"
#include "tests/lang/site.h"
#include "tests/support/golden.h"
#include "tests/support/policy_text.h"

using namespace zr;
namespace fs = std::filesystem;

namespace {

const fs::path cases = fs::path(ZREPL_SOURCE_DIR) / "tests/cases/lang";

std::vector<fs::path> sites_in(const char* folder) {
  std::vector<fs::path> sites;
  for (const auto& entry : fs::directory_iterator(cases / folder)) {
    if (entry.path().extension() == ".zr") sites.push_back(entry.path());
  }
  std::sort(sites.begin(), sites.end());
  return sites;
}

const Files& used_files() {
  static const Files files = [] {
    Files found;
    for (const auto& entry : fs::directory_iterator(cases / "used")) {
      found.emplace(entry.path().filename().string(), read_text(entry.path()));
    }
    return found;
  }();
  return files;
}

Site compile_file(const fs::path& site) {
  return compile_site(read_text(site), site.filename().string(), used_files());
}

// What a page has in backticks and begins with the name of a folder: `ok/empty`,
// `lang/rules_test.cc: the vectors`.
std::vector<std::string> named_on(const std::string& page) {
  constexpr std::array<std::string_view, 8> folders{"ok/",   "fail/",    "findings/", "plan/",
                                                    "lang/", "planner/", "executor/", "cli/"};
  std::vector<std::string> names;
  for (std::size_t at = page.find('`'); at != std::string::npos;) {
    const std::size_t end = page.find('`', at + 1);
    if (end == std::string::npos) break;
    std::string name = page.substr(at + 1, end - at - 1);
    const auto begins_it = [&](std::string_view folder) { return name.starts_with(folder); };
    if (std::any_of(folders.begin(), folders.end(), begins_it)) names.push_back(std::move(name));
    at = page.find('`', end + 1);
  }
  return names;
}

bool is_there(const std::string& name) {
  const std::size_t colon = name.find(": ");
  if (colon != std::string::npos) {
    const fs::path test = fs::path(ZREPL_SOURCE_DIR) / "tests" / name.substr(0, colon);
    return fs::exists(test) && read_text(test).find(name.substr(colon + 2)) != std::string::npos;
  }
  return fs::exists((name.starts_with("plan/") ? cases.parent_path() : cases) / (name + ".zr"));
}

}  // namespace

TEST_CASE("the page of what the cases show names every case of ok, and nothing that is not there") {
  const std::vector<std::string> names = named_on(read_text(cases / "README.md"));
  CHECK(names.size() > 200);
  for (const std::string& name : names) {
    CAPTURE(name);
    if (!name.ends_with("/…")) CHECK(is_there(name));
  }
  for (const fs::path& site : sites_in("ok")) {
    CAPTURE(site.filename().string());
    CHECK(std::count(names.begin(), names.end(), "ok/" + site.stem().string()) > 0);
  }
}

TEST_CASE("site files that are right mean what their .expect says") {
  const auto sites = sites_in("ok");
  CHECK(sites.size() >= 10);
  for (const fs::path& site : sites) {
    CAPTURE(site.filename().string());
    const Site compiled = compile_file(site);
    CHECK(compiled.errors == 0);
    if (!compiled.policy) continue;
    check_golden(fs::path(site).replace_extension(".expect"),
                 canonical_text(*compiled.policy) + compiled.rendered);
  }
}

TEST_CASE("findings are what the .expect says, and so is what was allowed") {
  const auto sites = sites_in("findings");
  CHECK(sites.size() >= 30);
  for (const fs::path& site : sites) {
    CAPTURE(site.filename().string());
    const Site compiled = compile_file(site);
    CHECK(compiled.errors == 0);
    std::string text = compiled.rendered;
    if (!compiled.allowed.empty()) text += "\nallowed:\n" + compiled.rendered_allowed;
    check_golden(fs::path(site).replace_extension(".expect"), text);
  }
}

TEST_CASE("site files that are wrong are answered with what their .expect says") {
  const auto sites = sites_in("fail");
  CHECK(sites.size() >= 150);
  for (const fs::path& site : sites) {
    CAPTURE(site.filename().string());
    const Site compiled = compile_file(site);
    CHECK_FALSE(compiled.policy.has_value());
    check_golden(fs::path(site).replace_extension(".expect"), compiled.rendered);
  }
}

TEST_CASE("every code of the table is shown by a case, and no other is used") {
  // Too large to be checked in; limits_test.cc has them.
  std::set<std::string> seen{to_string(Code::too_large), to_string(Code::too_many_statements),
                             to_string(Code::too_much_in_use), to_string(Code::too_much_expansion)};
  std::set<std::string> known;
  for (const CodeInfo& info : all_codes) known.insert(to_string(info.code));
  for (const char* folder : {"fail", "findings"}) {
    for (const fs::path& site : sites_in(folder)) {
      for (const Diagnostic& d : compile_file(site).diagnostics) seen.insert(d.code);
    }
  }
  for (const std::string& code : known) {
    CAPTURE(code);
    CHECK(seen.count(code) == 1);
  }
  for (const std::string& code : seen) {
    CAPTURE(code);
    CHECK(known.count(code) == 1);
  }
}

TEST_CASE("a mend that a machine can apply removes the error") {
  std::size_t mends = 0;
  std::vector<fs::path> sites = sites_in("fail");
  for (const fs::path& site : sites_in("findings")) sites.push_back(site);
  for (const fs::path& site : sites) {
    CAPTURE(site.filename().string());
    const std::string text = read_text(site);
    for (const Diagnostic& d : compile_file(site).diagnostics) {
      if (d.help.empty() || !d.help.front().span) continue;
      if (d.span.source != SourceId{}) continue;  // of a file that it uses
      ++mends;
      const Span span = *d.help.front().span;
      std::string mended = text;
      mended.replace(span.begin, span.end - span.begin, d.help.front().replacement);
      CAPTURE(d.message);
      for (const Diagnostic& left :
           compile_site(mended, site.filename().string(), used_files()).diagnostics) {
        CHECK_FALSE((left.span.begin == d.span.begin && left.message == d.message));
      }
    }
  }
  CHECK(mends > 30);
}

TEST_CASE("the codes have different numbers, in order") {
  for (std::size_t i = 1; i < all_codes.size(); ++i) {
    CHECK(all_codes[i - 1].code < all_codes[i].code);
  }
}
