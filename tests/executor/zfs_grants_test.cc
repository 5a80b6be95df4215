#include "executor/allow/zfs_grants.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "tests/executor/temporary_folder.h"

namespace zr {
namespace {

DatasetName ds(const std::string& name) { return DatasetName::parse(name).value(); }

Result<Grants> read(std::string_view text) {
  GrantReader reader;
  if (auto ok = reader.feed(text); !ok) return ok.error();
  return reader.finish();
}

std::string refusal(const std::string& text) {
  const auto grants = read(text);
  return grants ? "" : grants.error().message;
}

const std::string head = "---- Permissions on tank ------\n";

TEST_CASE("what zfs allow printed in the lab is read") {
  for (const std::string version : {"2.1", "2.3"}) {
    CAPTURE(version);
    const auto folder = std::filesystem::path(ZREPL_SOURCE_DIR) / "tests/cases/zfs_text" / version;
    const auto grants = read(content_of(folder / "allow.txt"));
    REQUIRE(grants);
    std::string longest = "tank/data/with a space/";
    for (int i = 0; i < 20; ++i) longest += "long";
    REQUIRE(grants->size() == 3);
    CHECK(grants->at(ds(longest + "-")).grants ==
          std::vector<Grant>{{Who::user, "zrepl", Scope::all, {"rename"}}});
    const DatasetGrants& tank = grants->at(ds("tank"));
    CHECK(tank.sets == std::map<std::string, std::set<std::string>>{
                           {"@backup", {"hold", "send"}}, {"@all", {"@backup", "snapshot"}}});
    CHECK(tank.grants == std::vector<Grant>{{Who::user, "zrepl", Scope::all, {"@all"}}});
    const auto& data = grants->at(ds("tank/data")).grants;
    const auto has = [&](const Grant& grant) {
      return std::find(data.begin(), data.end(), grant) != data.end();
    };
    CHECK(data.size() == 8);
    CHECK(has({Who::user, "zrepl", Scope::all, {"bookmark", "snapshot"}}));
    CHECK(has({Who::user, "zrepl", Scope::itself, {"mountpoint", "userprop"}}));
    CHECK(has({Who::user, "zrepl", Scope::below, {"destroy"}}));
    CHECK(has({Who::user, "other", Scope::all, {"bookmark", "snapshot"}}));
    CHECK(has({Who::group, "other", Scope::all, {"send"}}));
    CHECK(has({Who::group, "other", Scope::itself, {"hold"}}));
    CHECK(has({Who::everyone, "", Scope::all, {"mount"}}));
  }
}

TEST_CASE("nothing is delegated where nothing is printed") {
  CHECK(read("")->empty());
  CHECK(read(head)->at(ds("tank")) == DatasetGrants{});
}

TEST_CASE("names of datasets and of those who are gone may have blanks and dashes") {
  const auto grants = read(
      "---- Permissions on tank/a - ------\nLocal permissions:\n"
      "\tuser (unknown: 1000) send,hold\n"
      "---- Permissions on tank/a- \n");
  REQUIRE(grants);
  CHECK(grants->at(ds("tank/a -")).grants.front().name == "(unknown: 1000)");
  CHECK(grants->contains(ds("tank/a-")));
}

TEST_CASE("what zfs would not print is refused with its line") {
  CHECK(refusal("hello\n") ==
        "`zfs allow` printed what can't be read, in line 1: no dataset before it: \"hello\"");
  for (const std::string text : {"---- Permissions on  ---\n", "---- Permissions on a//b ---\n",
                                 "----\n", "\tuser a send\n", "Local permissions:\n"}) {
    CAPTURE(text);
    CHECK(refusal(text) != "");
  }
  for (const std::string text :
       {"local permissions:\n", "\tuser a send\n", "Local permissions:\n\tuser a\n",
        "Local permissions:\n\tuser  send\n", "Local permissions:\n\trobot a send\n",
        "Local permissions:\n\tuser a send,\n", "Local permissions:\n\tuser a ,\n",
        "Local permissions:\n\teveryone\n", "Permission sets:\n\tset send\n",
        "Permission sets:\n\t@ send\n", "Permission sets:\n\t@a\n", "Local permissions:\n\t\n",
        "Local permissions:\n\tuser a send"}) {
    CAPTURE(text);
    CHECK(refusal(head + text) != "");
  }
}

}  // namespace
}  // namespace zr
