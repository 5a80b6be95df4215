#include "executor/roots.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace zr {
namespace {

using Words = std::vector<std::string>;

std::vector<DatasetName> datasets(const Words& words) {
  std::vector<DatasetName> names;
  for (const std::string& word : words) names.push_back(DatasetName::parse(word).value());
  return names;
}

Roots roots(const Words& trees, const Words& alone, const Words& above = {}) {
  return {false, datasets(trees), datasets(alone), false, datasets(above)};
}

// "tank< a/b ^a": trees with their `<`, those alone, those above.
std::string text(const Roots& all) {
  std::string text;
  const auto add = [&text](const std::string& word) { text += (text.empty() ? "" : " ") + word; };
  for (const DatasetName& name : all.trees) add(name.str() + "<");
  for (const DatasetName& name : all.alone) add(name.str());
  for (const DatasetName& name : all.above) add("^" + name.str());
  return text;
}

std::string way(const Roots& wanted, const Words& found) {
  Inventory there;
  for (const DatasetName& name : datasets(found)) there.datasets.emplace_back(name);
  Roots way;
  way.above = way_to_missing(wanted, there);
  return text(way);
}

}  // namespace

TEST_CASE("roots are asked for once") {
  CHECK(text(minimal(roots({"a/b/c", "a", "a", "ab"}, {"a/x", "c", "b", "c"}))) == "a< ab< b c");
  CHECK(text(minimal(roots({"a/b"}, {"a", "a/b", "a/b/c"}))) == "a/b< a");
  CHECK(text(minimal(roots({"a/b"}, {"c"}, {"d", "a", "c", "a/b/c", "a"}))) == "a/b< c ^a ^d");
  CHECK(text(minimal({})).empty());
}

TEST_CASE("what is above is looked at only where something is missing below") {
  const Roots wanted = roots({"a/b/c", "d/e"}, {"f/g"}, {"a", "a/b", "d", "f", "h"});
  CHECK(way(wanted, {"a/b/c", "d/e", "f/g"}).empty());
  CHECK(way(wanted, {"d/e", "f/g"}) == "^a ^a/b");
  CHECK(way(wanted, {"a/b/c", "d/e", "d/ee"}) == "^f");
  CHECK(way(wanted, {}) == "^a ^a/b ^d ^f");
  CHECK(way(roots({"a/b", "a/c"}, {}, {"a"}), {"a/b"}) == "^a");

  Inventory partial;
  partial.datasets.emplace_back(DatasetName::parse("a/b/c").value()).resume_token =
      ResumeToken("1-0-0-0");
  CHECK(way_to_missing(roots({"a/b/c"}, {}, {"a"}), partial).size() == 1);
}

}  // namespace zr
