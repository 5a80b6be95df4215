#include "planner/world.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "planner/marks.h"
#include "planner/resume_token.h"
#include "tests/support/world_text.h"

using namespace zr;

namespace {

DatasetName dataset(const char* name) { return DatasetName::parse(name).value(); }

const Dataset& only_dataset(const World& world) {
  return world.hosts.begin()->second.datasets.front();
}

std::string canonical(std::string_view text) { return world_to_text(world_from_text(text)); }

}  // namespace

TEST_CASE("versions are sorted by createtxg, a bookmark before its snapshot, then by name") {
  const World world = world_from_text("nas: tank @b^5 @a^5 #mark^5 @old^1");
  std::string order;
  for (const Version& v : only_dataset(world).versions) order += v.str() + " ";
  CHECK(order == "@old #mark @a @b ");
}

TEST_CASE("a dataset is found by its name among many, whatever the order they came in") {
  Inventory inventory;
  for (const char* name : {"tank/b", "tank", "tank/a-b", "tank/a/c", "tank/a"}) {
    inventory.datasets.emplace_back(dataset(name));
  }
  inventory.sort();
  for (const char* name : {"tank", "tank/a", "tank/a/c", "tank/a-b", "tank/b"}) {
    REQUIRE(inventory.find(dataset(name)));
    CHECK(inventory.find(dataset(name))->name.str() == name);
  }
  CHECK(!inventory.find(dataset("tank/c")));
  CHECK(!inventory.find(dataset("zzz")));
}

TEST_CASE("a snapshot and a bookmark may have one name") {
  const World world = world_from_text("nas: tank @1 #1 @2");
  const Dataset& tank = only_dataset(world);
  REQUIRE(tank.find(VersionKind::snapshot, "1"));
  REQUIRE(tank.find(VersionKind::bookmark, "1"));
  CHECK(tank.find(VersionKind::snapshot, "1")->guid == tank.find(VersionKind::bookmark, "1")->guid);
  CHECK(!tank.find(VersionKind::bookmark, "2"));
  CHECK(tank.has_snapshots());
  CHECK(!only_dataset(world_from_text("nas: tank #1")).has_snapshots());
}

TEST_CASE("worlds are written as text and read back") {
  const std::string text =
      "observed 1795327200\n"
      "unreachable cloud: no route to host\n"
      "nas: tank #1 @1!keep!\"two words\" @2+4096&tank/clone @new=77^812~1795327200 written=5\n"
      "nas: tank/clone origin=tank@2\n"
      "nas: tank/secret encrypted key=unavailable\n"
      "nas: tank/secret/below encrypted=tank/secret\n"
      "nas: \"tank/with a blank\" @\"a b\" volume guid=9\n"
      "spare:\n"
      "vault: backup placeholder\n";
  CHECK(canonical(text) == text);
}

TEST_CASE("the same snapshot name is the same snapshot on every host, unless told") {
  const World world = world_from_text("nas: tank @a @b\nvault: backup @a @b=9");
  const Dataset& tank = world.hosts.at(HostName(std::string("nas"))).datasets.front();
  const Dataset& backup = world.hosts.at(HostName(std::string("vault"))).datasets.front();
  CHECK(tank.versions[0].guid == backup.versions[0].guid);
  CHECK(tank.versions[1].guid != backup.versions[1].guid);
}

TEST_CASE("a partial receive is written with the names of its ends") {
  const World world = world_from_text("vault: backup @1 partial=1>2");
  const auto token = decode(*only_dataset(world).resume_token);
  REQUIRE(token);
  CHECK(token->toguid == version_guid("2"));
  CHECK(token->fromguid == version_guid("1"));
  CHECK(canonical(world_to_text(world)) == world_to_text(world));
}

TEST_CASE("a text that is no world names its line") {
  for (const char* bad :
       {"nas tank", "nas: tank/", "nas: tank @", "nas: tank @1^x", "nas: tank nonsense",
        "nas: tank @1\"", "nas: tank written=-1", "NAS: tank"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH_AS(world_from_text(std::string("\n") + bad), doctest::Contains("line 2"),
                         std::invalid_argument);
  }
}

TEST_CASE("marks come back from their names") {
  const Cursor cursor{SiteName(std::string("office")), {JobKind::pull, "offsite"}, Guid(17)};
  CHECK(cursor.str() == "zrepl:office:pull.offsite:0000000000000011");
  CHECK(Cursor::parse(cursor.str()) == cursor);
  const TargetHold hold{SiteName(std::string("office")), {JobKind::push, "a_b"}};
  CHECK(hold.str() == "zrepl:office:push.a_b");
  CHECK(TargetHold::parse(hold.str()) == hold);
  const Cursor dotted{SiteName(std::string("office")), {JobKind::pull, "a.b"}, Guid(17)};
  CHECK(dotted.str() == "zrepl:office:pull.a.b:0000000000000011");
  CHECK(Cursor::parse(dotted.str()) == dotted);
  const TargetHold dotted_hold{dotted.site, dotted.job};
  CHECK(dotted_hold.str() == "zrepl:office:pull.a.b");
  CHECK(TargetHold::parse(dotted_hold.str()) == dotted_hold);
  CHECK(rc::check("every guid", [](std::uint64_t guid) {
    const Cursor any{SiteName(std::string("s")), {JobKind::push, "j"}, Guid(guid)};
    RC_ASSERT(Cursor::parse(any.str()) == any);
  }));
}

TEST_CASE("names that only look like marks are somebody else's") {
  for (const char* name :
       {"", "zrepl:", "zrepl:office", "zrepl:office:pull.offsite", "zrepl:office:pull.offsite:11",
        "zrepl:office:pull.offsite:000000000000001G", "zrepl:office:pull.offsite:000000000000001A",
        "zrepl:office:prune:0000000000000011", "zrepl::pull.offsite:0000000000000011",
        "zrepl:Office:pull.offsite:0000000000000011", "Zrepl:office:pull.offsite:0000000000000011",
        "zrepl:office:pull.a..b:0000000000000011", "zrepl:office:pull.a.:0000000000000011",
        "zrepl_CURSOR_G_0000000000000011_J_job", "zrepl:office:pull.offsite:0000000000000011 "}) {
    CAPTURE(name);
    CHECK(!Cursor::parse(name));
  }
  for (const char* tag : {"", "zrepl:", "zrepl:office", "zrepl:office:", "zrepl:office:nothing.x",
                          "keep", "zrepl:office:pull.offsite:0000000000000011"}) {
    CAPTURE(tag);
    CHECK(!TargetHold::parse(tag));
  }
}
