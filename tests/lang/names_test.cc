#include "lang/names.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace zr;

TEST_CASE("what ZFS allows is a dataset") {
  for (const char* text : {"t", "tank", "Tank", "tank/a", "tank/0", "tank/a b",
                           "tank/_-.:", "tank/...", "tank/ leading", "tank/a.b:c-d_e"}) {
    CAPTURE(text);
    CHECK(DatasetName::parse(text).has_value());
    CHECK(DatasetName::problem(text) == "");
  }
}

TEST_CASE("what ZFS does not allow is none, and the reason is said") {
  for (const char* text : {"", "/", "/tank", "tank/", "tank//a", "1tank", "_tank", " tank",
                           "tank/.", "tank/..", "../tank", "tank@a", "tank#a", "tank/a%b",
                           "tank/\xC3\xA4", "tank/a\tb", "tank/a\nb", "tank/a'b", "tank/a$b"}) {
    CAPTURE(text);
    CHECK_FALSE(DatasetName::parse(text).has_value());
    CHECK(DatasetName::problem(text) != "");
  }
  CHECK_FALSE(DatasetName::parse(std::string("tank\0x", 6)).has_value());
  CHECK(DatasetName::parse("t" + std::string(4095, 'x')).has_value());
  CHECK_FALSE(DatasetName::parse("t" + std::string(4096, 'x')).has_value());
}

TEST_CASE("datasets know their pool, their parents and what is below them") {
  const DatasetName db = *DatasetName::parse("tank/db/wal");
  const DatasetName tank = *DatasetName::parse("tank");
  CHECK(db.pool() == "tank");
  CHECK(db.parent()->str() == "tank/db");
  CHECK_FALSE(tank.parent().has_value());
  CHECK(db.is_within(tank));
  CHECK(db.is_within(db));
  CHECK_FALSE(tank.is_within(db));
  CHECK_FALSE(DatasetName::parse("tanker/db")->is_within(tank));
  CHECK(db.below(tank) == "db/wal");
  CHECK(db.below(db) == "");
  CHECK(tank.append("a/b").str() == "tank/a/b");
  CHECK(tank.append("") == tank);
}

TEST_CASE("a dataset is ordered directly before what is below it") {
  const std::vector<std::string> sorted{"a",   "a/b", "a/b/c", "a/b-c", "a/b.c",
                                        "a b", "a-b", "a.b",   "aa",    "b"};
  std::vector<DatasetName> names;
  for (const auto& text : sorted) names.push_back(*DatasetName::parse(text));
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = 0; j < names.size(); ++j) {
      CAPTURE(sorted[i]);
      CAPTURE(sorted[j]);
      CHECK(((names[i] <=> names[j]) == (i <=> j)));
    }
  }
}

TEST_CASE("names of the language") {
  for (const char* text : {"a", "nas", "nas-1", "a_b", "a0", "for"}) CHECK(is_identifier(text));
  for (const char* text : {"", "Nas", "1a", "-a", "_a", "a.b", "a b", "\xC3\xA4"})
    CHECK_FALSE(is_identifier(text));
  CHECK(is_identifier(std::string(64, 'a')));
  CHECK_FALSE(is_identifier(std::string(65, 'a')));
}

TEST_CASE("snapshots' and bookmarks' names are one component") {
  CHECK(is_version_name("zrepl_20261122_060000_000"));
  CHECK(is_version_name("hand made"));
  CHECK(is_version_name("zrepl:office:pull.offsite:0000000000000011"));
  for (const char* text : {"", ".", "..", "a/b", "a@b", "a#b", "a%b", "\xC3\xA4"})
    CHECK_FALSE(is_version_name(text));
}

TEST_CASE("hold tags are printable and not empty") {
  CHECK(is_hold_tag("zrepl:office:pull.offsite"));
  CHECK(is_hold_tag(std::string(255, 'x')));
  CHECK_FALSE(is_hold_tag(""));
  CHECK_FALSE(is_hold_tag("a\tb"));
  CHECK_FALSE(is_hold_tag(std::string(256, 'x')));
}

TEST_CASE("a job is written kind.name") {
  const auto job = JobId::parse("pull.offsite");
  REQUIRE(job);
  CHECK(job->kind == JobKind::pull);
  CHECK(job->str() == "pull.offsite");
  for (const char* text : {"", "pull", "pull.", ".offsite", "snap.a", "pull.Off", "pull..a",
                           "pull.a.", "pull.a..b", "pull.a.B", "pull.a.1"}) {
    CHECK_FALSE(JobId::parse(text).has_value());
  }
  CHECK(*JobId::parse("autosnap.z") < *JobId::parse("push.a"));
}

TEST_CASE("a job's name may have several parts") {
  const auto job = JobId::parse("pull.nas1.off-site.b");
  REQUIRE(job);
  CHECK(job->kind == JobKind::pull);
  CHECK(job->name == "nas1.off-site.b");
  CHECK(job->str() == "pull.nas1.off-site.b");
}
