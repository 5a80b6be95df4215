#include "lang/stdlib.h"

#include <doctest/doctest.h>

#include <map>
#include <sstream>

#include "tests/support/policy_text.h"

using namespace zr;

// What the library does is tested in stdlib/tests, by its own means. Here is what those files can't
// say: that they are about what its comments promise.

namespace {

// How many snapshots there are, taken every 15 minutes and every hour.
struct Counts {
  std::uint64_t often = 0, hourly = 0;
  bool operator==(const Counts&) const = default;
};
using Table = std::map<std::string, Counts>;

// The rows of the table in the comments of std/retention.
Table documented() {
  Table rows;
  std::istringstream lines(std::string(stdlib_text("std/retention").value()));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string mark, name;
    Counts counts;
    if (words >> mark >> name >> counts.often >> counts.hourly && mark == "##") rows[name] = counts;
  }
  return rows;
}

// What the tests of that name expect.
Table expected() {
  Table rows;
  const Policy policy =
      policy_from_file(std::string(ZREPL_SOURCE_DIR) + "/stdlib/tests/retention.zr");
  for (const SiteTest& test : policy.tests) {
    if (test.name.rfind("the table", 0) != 0) continue;
    for (const Expectation& line : test.expectations) {
      const auto& count = std::get<ExpectedCount>(line.what);
      Counts& row = rows[line.subject.substr(line.subject.find('.') + 1)];
      (count.every == std::chrono::minutes(15) ? row.often : row.hourly) = count.most;
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("the numbers in the comments of std/retention are those that its tests expect") {
  CHECK(documented().size() == 4);
  CHECK(documented() == expected());
}
