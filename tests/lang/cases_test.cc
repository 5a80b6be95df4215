#include <doctest/doctest.h>

#include <algorithm>
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

}  // namespace

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
