#include "executor/sim/sim_file.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "executor/sim/sim_zfs.h"
#include "planner/json.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "zrepl sim XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(const char* name) const { return path_ / name; }

  fs::path write(const char* name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), {}));
  }

 private:
  fs::path path_;
};

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

const DatasetName tank = *DatasetName::parse("tank");
const SimOptions options{Seconds(std::chrono::seconds(1000)), 64 * 1024};

World small_world() {
  World world;
  Dataset pool(tank);
  pool.guid = Guid(7);
  world.hosts[HostName("nas")].datasets = {pool};
  world.hosts[HostName("vault")].datasets = {pool};
  return world;
}

Result<void> take(const std::shared_ptr<SimFile>& file, const char* host, const char* name) {
  auto zfs = SimZfs::open(file, HostName(host), options);
  if (!zfs) return zfs.error();
  const std::vector<Change> change = {TakeSnapshot{tank, name}};
  return (*zfs)->apply(change);
}

std::string open_error(const fs::path& path) {
  const auto file = SimFile::open(path);
  return file ? "opened" : file.error().message;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST_CASE("a sim file that can't be used says which and why") {
  const Folder folder;
  const fs::path missing = folder / "missing.json";
  CHECK(has(open_error(missing), missing.string()));
  CHECK(has(open_error(missing), "No such file"));
  CHECK_FALSE(has(open_error(folder / "."), "opened"));
  for (const char* text : {"", "{", "[]", "{\"hosts\": 3}", "\xff\xfe\x00\x01", "null"}) {
    const fs::path path = folder.write("bad.json", text);
    CHECK_MESSAGE(has(open_error(path), path.string()), text);
  }
  const fs::path newer = folder.write("newer.json", "{\"format_version\": \"2.0\", \"hosts\": {}}");
  CHECK(has(open_error(newer), "2.0"));
  const std::string deep(100000, '[');
  CHECK_FALSE(has(open_error(folder.write("deep.json", deep)), "opened"));
}

TEST_CASE("an error in a sim file is named by its place") {
  const Folder folder;
  const fs::path path = folder.write(
      "w.json", R"({"format_version": "1.0", "hosts": {"nas": {"datasets": [{"name": "a//b"}]}}})");
  CHECK(has(open_error(path), "hosts.nas.datasets[0]"));
}

TEST_CASE("a host that the sim file lacks is named, with those that it has") {
  const auto file = SimFile::in_memory(small_world());
  const auto zfs = SimZfs::open(file, HostName("cloud"), options);
  REQUIRE(!zfs);
  CHECK(has(zfs.error().message, "'cloud'"));
  CHECK(has(zfs.error().message, "'nas', 'vault'"));
}

TEST_CASE("each change is in the file when the call returns, and nothing else is left there") {
  const Folder folder;
  const fs::path path = folder.write("w.json", world_to_json(small_world()));
  const auto file = *SimFile::open(path);
  REQUIRE(take(file, "nas", "a"));
  REQUIRE(take(file, "vault", "b"));
  const auto world = std::get<World>(world_from_json(read(path)));
  CHECK(world.hosts.at(HostName("nas")).find(tank)->find(VersionKind::snapshot, "a"));
  CHECK(world.hosts.at(HostName("vault")).find(tank)->find(VersionKind::snapshot, "b"));
  CHECK(folder.files() == 1);
}

TEST_CASE("looking does not write") {
  const Folder folder;
  const fs::path path = folder.write("w.json", world_to_json(small_world()));
  const auto before = fs::last_write_time(path);
  const auto zfs = *SimZfs::open(*SimFile::open(path), HostName("nas"), options);
  CHECK(zfs->list(Roots{true, {}, {}}));
  CHECK(zfs->apply({}));
  CHECK(fs::last_write_time(path) == before);
}

TEST_CASE("a read-only sim file can be looked at, and a change says that it is read-only") {
  const Folder folder;
  const fs::path path = folder.write("w.json", world_to_json(small_world()));
  REQUIRE(::chmod(path.c_str(), 0444) == 0);
  const auto file = *SimFile::open(path);
  const std::string before = read(path);
  const auto zfs = *SimZfs::open(file, HostName("nas"), options);
  CHECK(zfs->list(Roots{true, {}, {}})->datasets.size() == 1);
  const auto taken = take(file, "nas", "a");
  REQUIRE(!taken);
  CHECK(has(taken.error().message, "read-only"));
  CHECK(has(taken.error().message, path.string()));
  CHECK(read(path) == before);
  CHECK_FALSE(zfs->list(Roots{true, {}, {}})->datasets[0].has_snapshots());
}

TEST_CASE("a sim file keeps its permissions, and a link to it stays a link") {
  const Folder folder;
  const fs::path path = folder.write("w.json", world_to_json(small_world()));
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  fs::create_symlink(path, folder / "link.json");
  REQUIRE(take(*SimFile::open(folder / "link.json"), "nas", "a"));
  CHECK(fs::is_symlink(folder / "link.json"));
  CHECK((fs::status(path).permissions() & fs::perms::all) == fs::perms(0640));
  CHECK(has(read(path), "\"a\""));
}

TEST_CASE("what another process wrote is seen") {
  const Folder folder;
  const fs::path path = folder.write("w.json", world_to_json(small_world()));
  const auto ours = *SimFile::open(path), theirs = *SimFile::open(path);
  REQUIRE(take(ours, "nas", "a"));
  REQUIRE(take(theirs, "nas", "b"));
  REQUIRE(take(ours, "nas", "c"));
  const auto zfs = *SimZfs::open(theirs, HostName("nas"), options);
  const auto listed = zfs->list(Roots{true, {}, {}});
  CHECK(listed->datasets[0].versions.size() == 3);
  CHECK(listed->datasets[0].versions[0].createtxg < listed->datasets[0].versions[2].createtxg);
  folder.write("w.json", "broken");
  CHECK(!zfs->list(Roots{true, {}, {}}));
  CHECK(!take(ours, "nas", "d"));
  CHECK(read(path) == "broken");
  fs::remove(path);
  CHECK(!take(ours, "nas", "d"));
  CHECK(!fs::exists(path));
}

TEST_CASE("changes by several processes at once are all kept") {
  const Folder folder;
  const fs::path path = folder.write("w.json", world_to_json(small_world()));
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&path, t] {
      const auto file = *SimFile::open(path);  // its own, as another process has
      for (int i = 0; i < 10; ++i) {
        CHECK(take(file, t % 2 == 0 ? "nas" : "vault", fmt::format("{}-{}", t, i).c_str()));
      }
    });
  }
  threads.clear();
  const auto world = std::get<World>(world_from_json(read(path)));
  for (const auto& [name, host] : world.hosts) CHECK(host.find(tank)->versions.size() == 20);
}

TEST_CASE("a process has one sim file, however it is named") {
  const Folder folder;
  folder.write("w.json", world_to_json(small_world()));
  SimFiles files;
  const auto a = files.open(folder / "w.json"), b = files.open(folder / "./w.json");
  REQUIRE(a);
  CHECK(*a == *b);
  CHECK(!files.open(folder / "missing.json"));
}

}  // namespace
}  // namespace zr
