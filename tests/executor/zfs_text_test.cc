#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "executor/zfs/zfs_argv.h"
#include "executor/zfs/zfs_error.h"
#include "executor/zfs/zfs_listing.h"
#include "tests/executor/temporary_folder.h"

namespace zr {
namespace {

DatasetName ds(const std::string& name) { return DatasetName::parse(name).value(); }

// zfs get's lines for a dataset, with some values instead of the usual ones.
struct Got {
  std::string name;
  std::string type = "filesystem", guid = "1", origin = "-", root = "-", key = "-",
              compression = "off", written = "0", token = "-", placeholder = "-\t-";

  std::string text() const {
    std::string result;
    const auto line = [&](const char* property, const std::string& value, const char* source) {
      result += name + "\t" + property + "\t" + value + "\t" + source + "\n";
    };
    line("type", type, "-");
    line("guid", guid, "-");
    line("origin", origin, "-");
    line("encryptionroot", root, "-");
    line("keystatus", key, "-");
    line("compression", compression, "default");
    line("written", written, "-");
    line("receive_resume_token", token, "-");
    return result + name + "\tzrepl:placeholder\t" + placeholder + "\n";
  }
};

Result<Inventory> read_datasets(const std::string& text) {
  DatasetReader reader;
  if (auto ok = reader.feed(text); !ok) return ok.error();
  return reader.finish();
}

Result<Inventory> read_versions(std::vector<std::string> datasets, const std::string& text,
                                std::size_t piece = std::string::npos) {
  Inventory inventory;
  for (const std::string& name : datasets) inventory.datasets.push_back(Dataset(ds(name)));
  inventory.sort();
  VersionReader reader(inventory);
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size())) {
    if (auto ok = reader.feed(std::string_view(text).substr(at, piece)); !ok) return ok.error();
  }
  if (auto ok = reader.finish(); !ok) return ok.error();
  return inventory;
}

// Every version as "tank/a@1=guid", in the inventory's order.
std::string summary(const Inventory& inventory) {
  std::string result;
  for (const Dataset& dataset : inventory.datasets) {
    for (const Version& v : dataset.versions) {
      result += dataset.name.str() + v.str() + "=" + std::to_string(v.guid.value) + " ";
    }
  }
  return result;
}

Argv words(const std::string& text) {
  Argv result;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('|', at), text.size());
    result.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return result;
}

// Commands a line each, arguments between bars.
std::string lines(const std::vector<Argv>& commands) {
  std::string result;
  for (const Argv& command : commands) {
    for (std::size_t i = 0; i < command.size(); ++i) result += (i > 0 ? "|" : "") + command[i];
    result += "\n";
  }
  return result;
}

constexpr ArgvLimits roomy{.total_bytes = 2'000'000};

VersionRef snap(const std::string& name, std::uint64_t guid = 1) {
  return {VersionKind::snapshot, name, Guid(guid)};
}
VersionRef mark(const std::string& name, std::uint64_t guid = 1) {
  return {VersionKind::bookmark, name, Guid(guid)};
}

}  // namespace

TEST_CASE("datasets are read from zfs get") {
  const auto inventory = read_datasets(
      Got{.name = "tank/b c", .type = "volume", .guid = "18446744073709551615", .written = "4096"}
          .text() +
      Got{.name = "tank",
          .origin = "pool/x@y z",
          .root = "tank",
          .key = "unavailable",
          .compression = "zstd-3",
          .token = "1-abc-def",
          .placeholder = "on\tlocal"}
          .text());
  REQUIRE(inventory.has_value());
  REQUIRE(inventory->datasets.size() == 2);
  const Dataset& tank = inventory->datasets[0];
  CHECK(tank.name.str() == "tank");
  CHECK(tank.placeholder);
  CHECK(tank.origin == "pool/x@y z");
  CHECK(tank.encryption_root == ds("tank"));
  CHECK(tank.key_status == KeyStatus::unavailable);
  CHECK(tank.compresses);
  CHECK(tank.resume_token == ResumeToken("1-abc-def"));
  const Dataset& volume = inventory->datasets[1];
  CHECK(volume.name.str() == "tank/b c");
  CHECK(volume.type == DatasetType::volume);
  CHECK(volume.guid == Guid(18446744073709551615U));
  CHECK(volume.written_bytes == 4096);
  CHECK_FALSE(volume.compresses);
  CHECK_FALSE(volume.encrypted());
  CHECK_FALSE(volume.resume_token.has_value());
}

TEST_CASE("what ZFS 2.1 and 2.3 print is understood") {
  for (const char* version : {"2.1", "2.3"}) {
    CAPTURE(version);
    const std::filesystem::path cases =
        std::filesystem::path(ZREPL_SOURCE_DIR) / "tests/cases/zfs_text" / version;
    auto inventory = read_datasets(content_of(cases / "get.txt"));
    REQUIRE(inventory.has_value());
    std::string shown;
    for (const Dataset& d : inventory->datasets) {
      shown += d.name.str() + (d.type == DatasetType::volume ? " volume" : "") +
               (d.placeholder ? " placeholder" : "") + (d.resume_token ? " partial" : "") +
               (d.encryption_root ? " in " + d.encryption_root->str() : "") +
               (d.origin ? " from " + *d.origin : "") + "\n";
    }
    CHECK(shown ==
          "backup\nbackup/copy partial\nbackup/partial placeholder partial\n"
          "backup/partial new partial\nbackup/ph placeholder\nbackup/ph/below\ntank\n"
          "tank/clone a from tank/data@one\ntank/clone_b from tank/data@one\ntank/data\n"
          "tank/data/vol volume\ntank/data/with a space\ntank/secret in tank/secret\n"
          "tank/secret/child in tank/secret\n");

    VersionReader versions(*inventory);
    REQUIRE(versions.feed(content_of(cases / "list.txt")).has_value());
    REQUIRE(versions.finish().has_value());
    CHECK(versions.held() == std::vector<std::string>{"tank/data@one", "tank/data@two words"});
    const Dataset& data = *inventory->find(ds("tank/data"));
    REQUIRE(data.versions.size() == 4);
    CHECK(data.versions[0].str() == "#mark one");
    CHECK(data.versions[0].guid == data.versions[1].guid);
    CHECK(data.versions[1].clones == std::vector<std::string>{"tank/clone a", "tank/clone_b"});
    CHECK(data.versions[2].clones.empty());
    CHECK(inventory->find(ds("backup/copy"))->versions.at(1).clones ==
          std::vector<std::string>{"backup/copy/%recv"});

    HoldReader reader;
    REQUIRE(reader.feed(content_of(cases / "holds.txt")).has_value());
    const auto holds = reader.finish();
    REQUIRE(holds.has_value());
    CHECK(holds->at("tank/data").at("two words") ==
          std::vector<std::string>{"second", "zrepl:last job:x"});
  }
}

TEST_CASE("only a placeholder mark that was set on the dataset itself counts") {
  const auto placeholder = [](const std::string& value_and_source) {
    return read_datasets(Got{.name = "tank", .placeholder = value_and_source}.text())
        .value()
        .datasets.at(0)
        .placeholder;
  };
  CHECK(placeholder("on\tlocal"));
  CHECK_FALSE(placeholder("on\tinherited from tank/a"));
  CHECK_FALSE(placeholder("on\treceived"));
  CHECK_FALSE(placeholder("off\tlocal"));
  CHECK_FALSE(placeholder("-\t-"));
  CHECK_FALSE(placeholder("on\tlocal\tinherited from tank"));  // a value with a tab in it
}

TEST_CASE("what zfs get would not print is an error that names the line") {
  const auto message = [](const std::string& text) {
    const auto read = read_datasets(text);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().remedy == Remedy::give_up);
    return read.error().message;
  };
  CHECK(message("hello\n") ==
        "`zfs get` printed what can't be read, in line 1: expected 4 fields: \"hello\"");
  CHECK(message(Got{.name = "a"}.text() + "b\tc\td\n").find("line 10") != std::string::npos);
  CHECK(message("a/\ttype\tfilesystem\t-\n").find("no dataset's name") != std::string::npos);
  CHECK(message("a\tcolour\tred\t-\n").find("not asked for") != std::string::npos);
  CHECK(message("a\ttype\tdirectory\t-\n").find("not a value") != std::string::npos);
  CHECK(message(Got{.name = "a", .guid = "12x"}.text()).find("not a value") != std::string::npos);
  CHECK(message(Got{.name = "a", .guid = "99999999999999999999"}.text()).find("not a value") !=
        std::string::npos);
  CHECK(message("a\ttype\tvolume\t-\na\ttype\tvolume\t-\n").find("second time") !=
        std::string::npos);
  CHECK(message("a\ttype\tvolume\t-\n").find("missing") != std::string::npos);
  CHECK(message(Got{.name = "a"}.text() + Got{.name = "b"}.text() + Got{.name = "a"}.text())
            .find("second time") != std::string::npos);
  CHECK(message("a\ttype\tvolu").find("in the middle of a line") != std::string::npos);
  CHECK(message(std::string(100'000, 'x')).find("too long") != std::string::npos);
  CHECK(message(std::string(100'000, 'x')).size() < 300);
  CHECK(message("\x01\xff\n").find("\\u{1}\\xff") != std::string::npos);
}

TEST_CASE("versions are read from zfs list, into the datasets that are known") {
  const auto inventory = read_versions({"tank", "tank/a b"},
                                       "tank/a b@s 2\t7\t20\t1700000002\t0\t-\t10\n"
                                       "tank/a b@s 1\t6\t10\t1700000001\t2\tx/y,x/z/%recv\t5\n"
                                       "gone@s\t1\t1\t1\t0\t-\t0\n"
                                       "tank#mark\t9\t3\t-5\t-\t-\t-\n"
                                       "tank/a b#m\t6\t10\t1700000001\t-\t-\t-\n");
  REQUIRE(inventory.has_value());
  CHECK(summary(*inventory) == "tank#mark=9 tank/a b#m=6 tank/a b@s 1=6 tank/a b@s 2=7 ");
  const Version& first = inventory->datasets[1].versions[1];
  CHECK(first.createtxg == CreateTxg(10));
  CHECK(first.creation == Seconds(std::chrono::seconds(1700000001)));
  CHECK(first.bytes == 5);
  CHECK(first.clones == std::vector<std::string>{"x/y", "x/z/%recv"});
  CHECK(inventory->datasets[0].versions[0].creation == Seconds(std::chrono::seconds(-5)));
}

TEST_CASE("snapshots with user holds are told apart, and their tags read") {
  Inventory inventory;
  inventory.datasets.push_back(Dataset(ds("tank")));
  VersionReader versions(inventory);
  REQUIRE(versions.feed("tank@a\t1\t1\t1\t2\t-\t0\ntank@b\t2\t2\t1\t0\t\t0\n").has_value());
  CHECK(versions.held() == std::vector<std::string>{"tank@a"});

  HoldReader reader;
  REQUIRE(reader.feed("tank@a\tzwei\tSun Nov 22 09:24 2026\ntank@a\tein tag \u2192\t1795327200\n")
              .has_value());
  REQUIRE(reader.feed("tank@a\ttab\ttag\t1\n").has_value());
  const auto holds = reader.finish();
  REQUIRE(holds.has_value());
  CHECK(holds->at("tank").at("a") ==
        std::vector<std::string>{"ein tag \u2192", "tab\\u{9}tag", "zwei"});
  CHECK_FALSE(HoldReader().feed("tank@a\tx\n").has_value());
  CHECK_FALSE(HoldReader().feed("tank\tx\t1\n").has_value());
}

TEST_CASE("what zfs list would not print is an error") {
  for (const char* line : {
           "tank@a\t1\t1\t1\t0\t-\n",         // six fields
           "tank@a\t1\t1\t1\t0\t-\t0\t0\n",   // eight
           "tank\t1\t1\t1\t0\t-\t0\n",        // a dataset
           "tank@\t1\t1\t1\t0\t-\t0\n",       // no name
           "tank@a@b\t1\t1\t1\t0\t-\t0\n",    // two
           "tank@a/b\t1\t1\t1\t0\t-\t0\n",    //
           "/tank@a\t1\t1\t1\t0\t-\t0\n",     //
           "tank@a\t-\t1\t1\t0\t-\t0\n",      // guid
           "tank@a\t1\t-1\t1\t0\t-\t0\n",     // createtxg
           "tank@a\t1\t1\tnever\t0\t-\t0\n",  // creation
           "tank@a\t1\t1\t1\tx\t-\t0\n",      // userrefs
           "tank@a\t1\t1\t1\t0\t-\t1K\n",     // written
           "tank@a\t1\t1\t1\t0\tx,,y\t0\n",   // clones
           "\n",
       }) {
    CAPTURE(line);
    CHECK_FALSE(read_versions({"tank"}, line).has_value());
  }
}

TEST_CASE("a list of clones that zfs has cut off is read as far as it goes") {
  std::string clones;
  while (clones.size() < 4090) clones += "tank/clone,";
  const auto inventory = read_versions({"tank"}, "tank@a\t1\t1\t1\t0\t" + clones + "tank/\t0\n");
  REQUIRE(inventory.has_value());
  CHECK(inventory->datasets[0].versions[0].clones.size() == clones.size() / 11);
}

TEST_CASE("how output is cut into pieces makes no difference") {
  CHECK(rc::check("pieces", [] {
    std::string text;
    const auto count = *rc::gen::inRange(0, 30);
    for (int i = 0; i < count; ++i) {
      text += (i % 3 == 0 ? "tank/b@" : "tank@") + std::to_string(i) + "\t" + std::to_string(i) +
              "\t" + std::to_string(i) + "\t1\t0\t-\t0\n";
    }
    const auto piece = static_cast<std::size_t>(*rc::gen::inRange(1, 80));
    RC_ASSERT(read_versions({"tank", "tank/b"}, text, piece).value() ==
              read_versions({"tank", "tank/b"}, text).value());
  }));
}

TEST_CASE("listing commands") {
  const Argv names{"tank/a b", "-"};
  CHECK(lines(get_datasets(names, true, roomy)) ==
        "get|-Hp|-t|filesystem,volume|-o|name,property,value,source|-r|type,guid,origin,"
        "encryptionroot,keystatus,compression,written,receive_resume_token,zrepl:placeholder|tank/"
        "a b|-\n");
  CHECK(lines(get_datasets({}, true, roomy)).find("|zrepl:placeholder") == std::string::npos);
  CHECK(lines(list_versions(names, false, roomy)) ==
        "list|-Hp|-t|snapshot,bookmark|-o|name,guid,createtxg,creation,userrefs,clones,written"
        "|-d|1|tank/a b|-\n");
  CHECK(lines(list_holds(words("a@1|b@2"), roomy)) == "holds|-H|a@1|b@2\n");
  CHECK(lines(get_guids(words("a@1|b#2"), roomy)) ==
        "get|-Hp|-o|name,property,value|guid,userrefs|a@1|b#2\n");
  CHECK(get_guids({}, roomy).empty());  // no names would be all there are
}

TEST_CASE("snapshots of one pool are one command, and of one dataset never two in one") {
  const std::vector<TakeSnapshot> changes{
      {ds("tank/b"), "x"}, {ds("tank/a"), "x"}, {ds("tank/a"), "y"}, {ds("pool two"), "x"}};
  CHECK(lines(take_snapshots(changes, roomy)) ==
        "snapshot|pool two@x\nsnapshot|tank/b@x|tank/a@x\nsnapshot|tank/a@y\n");
}

TEST_CASE("snapshots of one dataset are destroyed by one command, bookmarks one by one") {
  const std::vector<DestroyVersion> changes{{ds("tank/a"), snap("1")},
                                            {ds("tank/b"), snap("x y")},
                                            {ds("tank/a"), mark("m")},
                                            {ds("tank/a"), snap("2")}};
  CHECK(lines(destroy_versions(changes, roomy)) ==
        "destroy|tank/a#m\ndestroy|tank/a@1,2\ndestroy|tank/b@x y\n");
}

TEST_CASE("holds of one tag are one command, and a tag is never an option") {
  const std::vector<PlaceHold> holds{
      {ds("a"), snap("1"), "t"}, {ds("b"), snap("2"), "-r"}, {ds("c"), snap("3"), "t"}};
  CHECK(lines(place_holds(holds, roomy)) == "hold|--|-r|b@2\nhold|t|a@1|c@3\n");
  const std::vector<ReleaseHold> releases{{ds("a"), snap("1"), "t u"}};
  CHECK(lines(release_holds(releases, roomy)) == "release|t u|a@1\n");
}

TEST_CASE("the other changes are a command each") {
  CHECK(
      lines({create_placeholder({ds("a/b"), false}), create_placeholder({ds("a"), true}),
             create_bookmark({ds("a"), snap("1"), "m"}), create_bookmark({ds("a"), mark("m"), "n"}),
             roll_back({ds("a"), snap("1"), {}}), abort_receive(ds("a"))}) ==
      "create|-o|zrepl:placeholder=on|-o|mountpoint=none|-o|canmount=off|a/b\n"
      "create|-o|zrepl:placeholder=on|-o|mountpoint=none|-o|canmount=off|-o|encryption=off|a\n"
      "bookmark|a@1|a#m\nbookmark|a#m|a#n\nrollback|-r|a@1\nreceive|-A|a\n");
  const RenameDataset rename{ds("a/b c"), ds("a/d"), Guid(1)};
  CHECK(lines({rename_dataset(rename, DatasetType::filesystem),
               rename_dataset(rename, DatasetType::volume)}) ==
        "rename|-u|a/b c|a/d\nrename|a/b c|a/d\n");
}

TEST_CASE("streams always have large blocks, and are always resumable") {
  const auto send = [](Send s) { return lines({send_stream(s)}); };
  CHECK(send({.dataset = ds("a b"), .from = {}, .to = snap("1")}) == "send|-L|a b@1\n");
  CHECK(send({.dataset = ds("a"), .from = mark("m"), .to = snap("2"), .compressed = true}) ==
        "send|-L|-c|-i|a#m|a@2\n");
  CHECK(send({.dataset = ds("a"),
              .from = snap("1"),
              .to = snap("2"),
              .intermediates = true,
              .raw = true}) == "send|-w|-I|a@1|a@2\n");
  CHECK(send({.dataset = ds("c"), .from = snap("1"), .to = snap("2"), .clone_of = ds("a b")}) ==
        "send|-L|-i|a b@1|c@2\n");
  CHECK(lines({send_stream(Resume{ds("a"), ResumeToken("1-a-b"), {}, {}, 0})}) ==
        "send|-t|1-a-b\n");

  CHECK(lines({receive_stream(ReceiveRequest{ds("a b"), false, false, {}, {}})}) ==
        "receive|-s|-u|a b\n");
  CHECK(lines({receive_stream(ReceiveRequest{
            ds("a"), true, false, {{"canmount", "noauto"}, {"x:y", "a b=c"}}, {"mountpoint"}})}) ==
        "receive|-s|-u|-F|-o|zrepl:placeholder=off|-o|canmount=noauto|-o|x:y=a b=c|-x|mountpoint|a"
        "\n");
}

TEST_CASE("long lists are split so that each command fits, and nothing is lost") {
  CHECK(rc::check("every command fits", [] {
    const auto names = *rc::gen::container<std::vector<std::string>>(
        rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z'))));
    const ArgvLimits tight{.total_bytes = 600, .one_bytes = 200};
    std::vector<DestroyVersion> destroys;
    for (const auto& name : names) destroys.push_back({ds("tank"), snap(name)});
    std::size_t found = 0;
    for (const Argv& command : destroy_versions(destroys, tight)) {
      RC_ASSERT(command.size() == 2U);
      RC_ASSERT(command[1].size() <= 200U);
      found += 1 + static_cast<std::size_t>(std::count(command[1].begin(), command[1].end(), ','));
    }
    RC_ASSERT(found == names.size());

    found = 0;
    for (const Argv& command : list_holds(names, tight)) {
      std::size_t bytes = 0;
      for (const std::string& argument : command) bytes += argument.size() + 9;
      RC_ASSERT(bytes <= 600U);
      found += command.size() - 2;
    }
    RC_ASSERT(found == names.size());
  }));
}

TEST_CASE("what zfs says is understood") {
  const auto remedy = [](const std::string& err) {
    return zfs_failure({"zfs", "x"}, 1, err).remedy;
  };
  CHECK(remedy("cannot destroy snapshot D@c: dataset is busy\n") == Remedy::retry);
  CHECK(remedy("cannot open 'tank/a': dataset does not exist\n") == Remedy::replan);
  CHECK(remedy("cannot receive incremental stream: most recent snapshot of T does not\nmatch "
               "incremental source\n") == Remedy::replan);
  CHECK(remedy("cannot receive incremental stream: destination T has been modified\nsince most "
               "recent snapshot\n") == Remedy::replan);
  CHECK(remedy("cannot create bookmark 'D#b': bookmark exists\n") == Remedy::replan);
  CHECK(remedy("cannot destroy snapshot D@c: it's being held. Run 'zfs holds -r D@c' to see "
               "holders.\n") == Remedy::replan);
  CHECK(remedy("cannot receive new filesystem stream: destination T space quota exceeded.\n"
               "Partially received snapshot is saved.\n") == Remedy::give_up);
  CHECK(remedy("cannot receive new filesystem stream: checksum mismatch or incomplete stream.\n"
               "Partially received snapshot is saved.\n") == Remedy::replan);
  CHECK(remedy("warning: cannot send 'D@1': dataset key must be loaded\n") == Remedy::give_up);
  CHECK(remedy("cannot create snapshots : permission denied\n") == Remedy::give_up);
  CHECK(remedy("something new\n") == Remedy::give_up);
  CHECK(zfs_failure({"zfs"}, 137, "").remedy == Remedy::retry);
}

TEST_CASE("a dataset with a misleading name does not change what an error means") {
  CHECK(zfs_failure({"zfs", "x"}, 1, "cannot open 'tank/out of space': dataset does not exist\n")
            .remedy == Remedy::replan);
  CHECK(zfs_failure({"zfs", "x"}, 1, "cannot open 'tank/does not exist': permission denied\n")
            .remedy == Remedy::give_up);
}

TEST_CASE("an error names the command, what zfs said, and the way out") {
  CHECK(zfs_failure({"zfs", "snapshot", "tank/a b@x"}, 1,
                    "cannot create snapshots : permission denied\n")
            .message ==
        "`zfs snapshot 'tank/a b@x'` failed with status 1: cannot create snapshots : permission "
        "denied; run as root, delegate the permission with `zfs allow` (`zrepl allow` prints the "
        "lines), or say `zfs [\"sudo\", \"-n\", \"zfs\"]` in the host's block");
  CHECK(zfs_failure({"zfs", "list"}, 143, "").message == "`zfs list` was ended by signal 15");
  CHECK(zfs_failure({"zfs", "send"}, 255, "").message == "`zfs send` failed with status 255");
  CHECK(zfs_failure({"zfs", "snapshot"}, 2, "no such option\nusage:\n\tlots\n").message ==
        "`zfs snapshot` failed with status 2: no such option");
  const std::string huge(1'000'000, 'x');
  CHECK(zfs_failure({"zfs", huge}, 1, huge).message.size() < 1200);
  CHECK(zfs_failure({"zfs"}, 1, "\x1b[31mred\x07").message ==
        "`zfs` failed with status 1: \\u{1b}[31mred\\u{7}");
}

TEST_CASE("properties that were left out and are not there are no failure") {
  std::string err;
  for (const char* property : {"canmount", "mountpoint", "exec", "setuid", "devices", "overlay"}) {
    err += "Warning: fast/db: property '" + std::string(property) +
           "' does not apply to datasets of this type\n";
  }
  const Error busy = zfs_failure({"zfs", "receive"}, 1, err + "cannot receive: dataset is busy\n");
  CHECK(busy.remedy == Remedy::retry);
  CHECK(busy.message.find("Warning") == std::string::npos);
  CHECK(zfs_failure({"zfs", "receive"}, 1,
                    "cannot receive: property 'canmount' does not apply to datasets of this type\n")
            .remedy == Remedy::give_up);
  CHECK(!says_property_not_set(err));
}

TEST_CASE("only names that do not exist are forgiven") {
  CHECK(only_missing("cannot open 'a/b': dataset does not exist\n"));
  CHECK(
      only_missing("cannot open 'a#b': no such pool or dataset\n"
                   "cannot open 'a b': dataset does not exist\n"));
  CHECK_FALSE(only_missing(""));
  CHECK_FALSE(only_missing("no datasets available\n"));
  CHECK_FALSE(only_missing("cannot open 'a does not exist': permission denied\n"));
  CHECK_FALSE(
      only_missing("cannot open 'a': dataset does not exist\ncannot open 'b': I/O error\n"));
}

}  // namespace zr
