#include "planner/lineage.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include "tests/support/world_text.h"

using namespace zr;

namespace {

std::vector<const Version*> pointers(const std::vector<Version>& versions) {
  std::vector<const Version*> out;
  for (const Version& version : versions) out.push_back(&version);
  return out;
}

// "base SOURCE TARGET, source only …, target only …"
std::string compared(const std::string& source, const std::string& target) {
  const World world = world_from_text("s: d " + source + "\nt: d " + target);
  const auto& s = world.hosts.at(HostName{"s"}).datasets.front().versions;
  const auto& t = world.hosts.at(HostName{"t"}).datasets.front().versions;
  const Lineage lineage = compare(pointers(s), pointers(t));
  std::string out = "no base";
  if (lineage.base) {
    out = fmt::format("base {} {}", s[lineage.base->source].str(), t[lineage.base->target].str());
  }
  out += ", source only";
  for (std::size_t i : lineage.source_only) out += " " + s[i].str();
  out += ", target only";
  for (std::size_t i : lineage.target_only) out += " " + t[i].str();
  return out;
}

}  // namespace

TEST_CASE("the common base is the newest version that both have") {
  CHECK(compared("@1 @2 @3", "@1 @2") == "base @2 @2, source only @3, target only");
  CHECK(compared("@1 @2", "@1 @2") == "base @2 @2, source only, target only");
}

TEST_CASE("it is found by guid, whatever the names are") {
  CHECK(compared("@a=7 @b=8", "@x=7") == "base @a @x, source only @b, target only");
  CHECK(compared("@a=7", "@a=9") == "no base, source only @a, target only @a");
}

TEST_CASE(
    "a source's snapshot is preferred to its bookmark, which serves when the snapshot is gone") {
  CHECK(compared("@1 #1 @2", "@1") == "base @1 @1, source only @2, target only");
  CHECK(compared("#1 @2", "@1") == "base #1 @1, source only @2, target only");
}

TEST_CASE("a target's bookmarks do not count") {
  CHECK(compared("@1 @2", "#1") == "no base, source only @1 @2, target only");
}

TEST_CASE("what the target alone has since the base is named") {
  CHECK(compared("@1 @2", "@1 @8 @9") == "base @1 @1, source only @2, target only @8 @9");
}

TEST_CASE("what shares the base's createtxg is not younger") {
  CHECK(compared("@1^5 @2^5 @3^6", "@1") == "base @1 @1, source only @3, target only");
}

TEST_CASE("the base is the same as by trying every pair") {
  CHECK(rc::check([] {
    const auto history = [] {
      std::vector<Version> out;
      const int count = *rc::gen::inRange(0, 12);
      for (int i = 0; i < count; ++i) {
        Version version;
        version.kind = *rc::gen::arbitrary<bool>() ? VersionKind::snapshot : VersionKind::bookmark;
        version.guid = Guid{*rc::gen::inRange<std::uint64_t>(1, 9)};
        version.createtxg = CreateTxg{static_cast<std::uint64_t>(i)};
        out.push_back(version);
      }
      return out;
    };
    const auto s = history(), t = history();
    const Lineage lineage = compare(pointers(s), pointers(t));
    std::optional<std::size_t> expected;
    for (std::size_t i = 0; i < t.size(); ++i) {
      if (!t[i].is_snapshot()) continue;
      for (const Version& version : s) {
        if (version.guid == t[i].guid) expected = i;
      }
    }
    RC_ASSERT(lineage.base.has_value() == expected.has_value());
    if (!expected) return;
    RC_ASSERT(lineage.base->target == *expected);
    RC_ASSERT(s[lineage.base->source].guid == t[*expected].guid);
    for (const Version& version : s) {
      if (version.guid == t[*expected].guid && version.is_snapshot()) {
        RC_ASSERT(s[lineage.base->source].is_snapshot());
      }
    }
  }));
}
