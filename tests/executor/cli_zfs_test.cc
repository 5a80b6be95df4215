#include "executor/zfs/cli_zfs.h"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "executor/machine/local_host.h"
#include "tests/executor/scripts.h"

// What CliZfs does with a zfs that behaves is in the contract; here are the commands it gives, and
// a zfs that does not behave. The zfs is a shell script that writes down how it was called.

namespace zr {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

DatasetName ds(const std::string& name) { return DatasetName::parse(name).value(); }
VersionRef snap(const std::string& name, std::uint64_t guid) {
  return {VersionKind::snapshot, name, Guid(guid)};
}
VersionRef mark(const std::string& name, std::uint64_t guid) {
  return {VersionKind::bookmark, name, Guid(guid)};
}

ReceiveRequest into(const std::string& target) {
  ReceiveRequest request{ds(target), false, false, {}, {}};
  return request;
}

// A machine where argument lists are short.
class NarrowMachine final : public Machine {
 public:
  explicit NarrowMachine(std::size_t bytes) : bytes_(bytes) {}
  Result<std::unique_ptr<Process>> spawn(const Argv& argv) override { return local_.spawn(argv); }
  std::size_t max_argv_bytes() const override { return bytes_; }

 private:
  LocalHost local_;
  std::size_t bytes_;
};

class ScriptedZfs {
 public:
  // `body` sees the arguments; $all is all of them.
  explicit ScriptedZfs(const std::string& body, std::chrono::seconds timeout = 20s)
      : script_(write_script(folder, "zfs",
                             "all=\"$*\"\nIFS='|'; echo \"$*\" >> calls; unset IFS\n" + body)),
        zfs(std::make_shared<LocalHost>(), {script_}, {timeout}, stop.get_token()) {}

  // A command a line, its arguments between bars.
  std::string calls() const { return content_of(folder / "calls"); }
  Result<void> apply(const std::vector<Change>& changes) { return zfs.apply(changes); }

  TemporaryFolder folder;
  std::stop_source stop;

 private:
  std::string script_;

 public:
  CliZfs zfs;
};

Roots trees(std::vector<std::string> names, std::vector<std::string> alone = {}) {
  Roots roots;
  for (const std::string& name : names) roots.trees.push_back(ds(name));
  for (const std::string& name : alone) roots.alone.push_back(ds(name));
  return roots;
}

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// Prints what zfs get does for the datasets $1….
const std::string dataset_lines =
    "show() { for d; do for p in type=filesystem guid=5 origin=- encryptionroot=- keystatus=- "
    "compression=on "
    "written=0 receive_resume_token=- zrepl:placeholder=-; do "
    "printf '%s\\t%s\\t%s\\t-\\n' \"$d\" \"${p%%=*}\" \"${p#*=}\"; done; done; }\n";

const std::string dataset_get = "get|-Hp|-t|filesystem,volume|-o|name,property,value,source|";
const std::string properties =
    "type,guid,origin,encryptionroot,keystatus,compression,written,receive_resume_token,zrepl:"
    "placeholder";
const std::string version_list =
    "list|-Hp|-t|snapshot,bookmark|-o|name,guid,createtxg,creation,userrefs,clones,written|";
const std::string guid_get = "get|-Hp|-o|name,property,value|guid,userrefs|";

bool no_children_left() { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

}  // namespace

TEST_CASE("a listing is three commands, whatever there is to list") {
  ScriptedZfs scripted(dataset_lines +
                       "case $1 in\n"
                       "get) show tank 'tank/a b' tank/c;;\n"
                       "list) printf 'tank/a b@1\\t7\\t1\\t1\\t1\\t-\\t0\\ntank/c@1\\t8\\t1\\t1\\t0"
                       "\\t-\\t0\\n';;\n"
                       "holds) printf 'tank/a b@1\\tkeep\\tSun\\n';;\nesac\n");
  const auto inventory = scripted.zfs.list(trees({"tank", "tank/c", "nopool"}));
  REQUIRE(inventory.has_value());
  CHECK(scripted.calls() == dataset_get + "-r|" + properties + "|nopool|tank\n" + version_list +
                                "-d|1|tank|tank/a b|tank/c\nholds|-H|tank/a b@1\n");
  CHECK(inventory->datasets.size() == 3);
  CHECK(inventory->find(ds("tank/a b"))->versions.at(0).holds == std::vector<std::string>{"keep"});
}

TEST_CASE("a listing of trees and lone datasets is three commands too, and leaves the rest out") {
  ScriptedZfs scripted(dataset_lines +
                       "case $1 in\nget) show pool pool/other pool/t pool/t/u;;\n"
                       "list) printf 'pool@1\\t7\\t1\\t1\\t0\\t-\\t0\\n';;\nesac\n");
  const auto inventory = scripted.zfs.list(trees({"pool/t"}, {"pool", "pool/missing", "pool/t/u"}));
  REQUIRE(inventory.has_value());
  CHECK(scripted.calls() == dataset_get + "-r|" + properties + "|pool\n" + version_list +
                                "-d|1|pool|pool/t|pool/t/u\n");
  REQUIRE(inventory->datasets.size() == 3);
  CHECK(inventory->datasets[0].versions.size() == 1);
}

TEST_CASE("above what is there nothing is looked at, and above what is missing by name") {
  ScriptedZfs scripted(dataset_lines +
                       "case $all in\nget*-r*) show pool/t pool/t/u;;\nget*) show pool;;\n"
                       "list*) printf 'pool/t@1\\t7\\t1\\t1\\t0\\t-\\t0\\n';;\nesac\n");
  Roots wanted = trees({"pool/t"});
  wanted.above = {ds("pool")};
  const auto there = scripted.zfs.list(wanted);
  REQUIRE(there.has_value());
  CHECK(there->datasets.size() == 2);
  CHECK(count_lines(scripted.calls()) == 2);

  wanted.trees.push_back(ds("pool/a/missing"));
  wanted.above.push_back(ds("pool/a"));
  const auto found = scripted.zfs.list(wanted);
  REQUIRE(found.has_value());
  CHECK(found->datasets.size() == 3);
  CHECK(found->find(ds("pool")) != nullptr);
  CHECK(found->find(ds("pool/t"))->versions.size() == 1);
  CHECK(scripted.calls().find(dataset_get + properties + "|pool|pool/a\n") != std::string::npos);
  CHECK(count_lines(scripted.calls()) == 2 + 3);
}

TEST_CASE("lone datasets are listed without what is below them, and everything without names") {
  ScriptedZfs lone(dataset_lines + "[ $1 = list ] || show a\n");
  REQUIRE(lone.zfs.list(trees({}, {"a"})).has_value());
  CHECK(lone.calls() == dataset_get + properties + "|a\n" + version_list + "-d|1|a\n");

  ScriptedZfs all(dataset_lines + "[ $1 = list ] || show a\n");
  Roots everything;
  everything.everything = true;
  REQUIRE(all.zfs.list(everything).has_value());
  CHECK(all.calls() == dataset_get + "-r|" + properties + "\n" + version_list + "-d|1|a\n");

  ScriptedZfs nothing("exit 9");
  CHECK(nothing.zfs.list({}).value() == Inventory{});
  CHECK(nothing.calls().empty());
}

TEST_CASE("argument lists that are too long are split") {
  const TemporaryFolder folder;
  const std::string script = write_script(
      folder, "zfs", dataset_lines + "shift $(($# - 1)); echo $1 >> calls; show \"$1\"");
  CliZfs zfs(std::make_shared<NarrowMachine>(1000), {script}, {}, {});
  std::vector<std::string> names;
  for (int i = 100; i < 140; ++i) names.push_back("tank/dataset_" + std::to_string(i));
  (void)zfs.list(trees({}, names));
  CHECK(count_lines(content_of(folder / "calls")) > 2);
}

TEST_CASE("roots that do not exist are not in the answer; any other complaint is an error") {
  ScriptedZfs missing(dataset_lines +
                      "[ $1 = list ] || show tank\n"
                      "echo \"cannot open 'x': dataset does not exist\" >&2; exit 1\n");
  CHECK(missing.zfs.list(trees({"tank", "x"})).value().datasets.size() == 1);

  ScriptedZfs failing("echo \"cannot open 'tank': I/O error\" >&2; exit 1\n");
  const auto inventory = failing.zfs.list(trees({"tank"}));
  REQUIRE_FALSE(inventory.has_value());
  CHECK(inventory.error().message.find("I/O error; see `zpool status`") != std::string::npos);
}

TEST_CASE("a zfs that is absent, fails, or prints nonsense is an error that says what to do") {
  CliZfs absent(std::make_shared<LocalHost>(), {"no-such-zfs"}, {}, {});
  const auto inventory = absent.list(trees({"tank"}));
  CHECK(inventory.error().remedy == Remedy::give_up);
  CHECK(
      inventory.error().message ==
      "can't run 'no-such-zfs': no such program in PATH, /usr/local/sbin, /usr/sbin or /sbin; "
      "install ZFS's programs (Debian: zfsutils-linux), or say how zfs is run with `zfs [...]` in "
      "the host's block (now: no-such-zfs)");
  for (const char* body :
       {"exit 1", "echo hello", "head -c 300000 /dev/urandom", "printf 'tank\\ttype\\tfile'",
        "kill -SEGV $$", "head -c 3000000 /dev/zero >&2; exit 1", "yes"}) {
    CAPTURE(body);
    ScriptedZfs scripted(body);
    CHECK_FALSE(scripted.zfs.list(trees({"tank"})).has_value());
  }
  CHECK(no_children_left());
}

TEST_CASE("a zfs that hangs is given up on, and a stop is heeded") {
  ScriptedZfs hanging("sleep 100\n", 1s);
  const auto begun = steady_clock::now();
  const auto inventory = hanging.zfs.list(trees({"tank"}));
  CHECK(inventory.error().remedy == Remedy::retry);
  CHECK(inventory.error().message.find("zfs get' did not end in time") != std::string::npos);
  CHECK(steady_clock::now() - begun < 5s);

  ScriptedZfs stopped("sleep 100\n");
  std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    stopped.stop.request_stop();
  });
  CHECK(stopped.apply({TakeSnapshot{ds("tank"), "x"}}).error().message.find("interrupted") !=
        std::string::npos);
  CHECK(no_children_left());
}

TEST_CASE("guids are looked at right before a destroy") {
  const std::string body =
      "case $1 in get) printf 'tank@1\\tguid\\t11\\ntank@2\\tguid\\t22\\ntank#m\\tguid\\t33\\n';"
      "echo \"cannot open 'tank@3': dataset does not exist\" >&2; exit 1;; esac\n";
  {
    ScriptedZfs scripted(body);
    const auto done = scripted.apply(
        {DestroyVersion{ds("tank"), snap("1", 11)}, DestroyVersion{ds("tank"), snap("2", 22)},
         DestroyVersion{ds("tank"), snap("3", 33)}, DestroyVersion{ds("tank"), mark("m", 33)}});
    CHECK(done.has_value());  // @3 is gone already
    CHECK(scripted.calls() ==
          guid_get + "tank@1|tank@2|tank@3|tank#m\ndestroy|tank#m\ndestroy|tank@1,2\n");
  }
  ScriptedZfs scripted(body);
  const auto refused = scripted.apply(
      {DestroyVersion{ds("tank"), snap("1", 11)}, DestroyVersion{ds("tank"), snap("2", 23)}});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().remedy == Remedy::replan);
  CHECK(refused.error().message ==
        "'tank@2' is not the one that was planned for (guid 22 now, 23 then): it was replaced "
        "since; nothing was done, plan again");
  CHECK(scripted.calls().find("destroy") == std::string::npos);
}

TEST_CASE("a version without a guid is never destroyed") {
  ScriptedZfs scripted("printf 'tank@1\\tguid\\t11\\n'");
  const VersionRef unknown{VersionKind::snapshot, "1", std::nullopt};
  CHECK(scripted.apply({DestroyVersion{ds("tank"), unknown}}).error().remedy == Remedy::replan);
  CHECK(count_lines(scripted.calls()) == 1);
}

TEST_CASE("a destroy that another program was faster with has its end") {
  const std::string body =
      "case $1 in get) [ -e gone ] || printf 'tank@1\\tguid\\t11\\n'; [ ! -e gone ] || { echo "
      "\"cannot open 'tank@1': dataset does not exist\" >&2; exit 1; };;\n"
      "destroy) touch gone; echo 'could not find any snapshots to destroy; check snapshot names.' "
      ">&2; exit 1;; esac\n";
  ScriptedZfs scripted(body);
  CHECK(scripted.apply({DestroyVersion{ds("tank"), snap("1", 11)}}).has_value());
}

TEST_CASE("snapshots that are there already are no reason not to take the others") {
  ScriptedZfs scripted(
      "case $1 in\n"
      "snapshot) [ -e tried ] && exit 0; touch tried\n"
      "  echo \"cannot create snapshot 'a@x': dataset already exists\" >&2; exit 1;;\n"
      "get) printf 'a@x\\tguid\\t1\\n';"
      "  echo \"cannot open 'b@x': dataset does not exist\" >&2; exit 1;;\nesac\n");
  REQUIRE(scripted.apply({TakeSnapshot{ds("a"), "x"}, TakeSnapshot{ds("a/b"), "x"}}).has_value());
  CHECK(scripted.calls() == "snapshot|a@x|a/b@x\n" + guid_get + "a@x|a/b@x\nsnapshot|a/b@x\n");
}

TEST_CASE("holds are placed where they are missing and released where they are") {
  const std::string body =
      "case $1 in get) for s in a b; do printf \"$s@1\\tguid\\t1\\n$s@1\\tuserrefs\\t1\\n\"; "
      "done;;\n"
      "holds) printf 'a@1\\tmine\\tSun\\nb@1\\tother\\tSun\\n';; esac\n";
  ScriptedZfs placing(body);
  REQUIRE(placing
              .apply({PlaceHold{ds("a"), snap("1", 1), "mine"},
                      PlaceHold{ds("b"), snap("1", 1), "mine"}})
              .has_value());
  CHECK(placing.calls() == guid_get + "a@1|b@1\nholds|-H|a@1|b@1\nhold|mine|b@1\n");
  ScriptedZfs releasing(body);
  REQUIRE(releasing
              .apply({ReleaseHold{ds("a"), snap("1", 1), "mine"},
                      ReleaseHold{ds("b"), snap("1", 1), "mine"}})
              .has_value());
  CHECK(releasing.calls() == guid_get + "a@1|b@1\nholds|-H|a@1|b@1\nrelease|mine|a@1\n");
}

TEST_CASE("a rollback destroys what was planned and nothing else") {
  const auto roll = [](const std::string& versions, std::vector<VersionRef> destroys) {
    ScriptedZfs scripted("[ $1 = rollback ] || printf '" + versions + "'\n");
    const auto done = scripted.apply({Rollback{ds("a"), snap("1", 1), std::move(destroys)}});
    const bool ran = scripted.calls().find("rollback|-r|a@1\n") != std::string::npos;
    CHECK(ran == done.has_value());
    if (!done) CHECK(done.error().remedy == Remedy::replan);
    return done ? "done" : done.error().message;
  };
  const std::string one = "a@1\\t1\\t10\\t1\\t0\\t-\\t0\\na#1\\t1\\t10\\t1\\t-\\t-\\t-\\n";
  const std::string two = one + "a@2\\t2\\t20\\t1\\t0\\t-\\t0\\n";
  CHECK(roll(two, {snap("2", 2)}) == "done");
  CHECK(roll(one, {snap("2", 2)}) == "done");
  CHECK(roll(two, {}).find("a@2 has appeared since") != std::string::npos);
  CHECK(roll(two, {snap("2", 3)}).find("a@2 has appeared since") != std::string::npos);
  CHECK(roll(two + "a#2\\t2\\t20\\t1\\t-\\t-\\t-\\n", {snap("2", 2)}).find("a#2") !=
        std::string::npos);
  CHECK(roll(one + "a@2\\t2\\t20\\t1\\t1\\t-\\t0\\n", {snap("2", 2)}).find("a@2 is held") !=
        std::string::npos);
  CHECK(roll(one + "a@2\\t2\\t20\\t1\\t0\\tb/c\\t0\\n", {snap("2", 2)}).find("the clone b/c") !=
        std::string::npos);
  CHECK(roll("a@1\\t5\\t10\\t1\\t0\\t-\\t0\\n", {}).find("not the one that was planned for") !=
        std::string::npos);
}

TEST_CASE("partially received state is only dropped while it is what was planned for") {
  const auto drop = [](const std::string& value) {
    ScriptedZfs scripted("[ $1 = receive ] || printf 'a\\treceive_resume_token\\t" + value +
                         "\\n'");
    const auto done = scripted.apply({AbortReceive{ds("a"), ResumeToken("1-x")}});
    return std::pair(done.has_value(), scripted.calls().find("receive|-A|a") != std::string::npos);
  };
  CHECK(drop("1-x") == std::pair(true, true));
  CHECK(drop("1-y") == std::pair(false, false));
  CHECK(drop("-") == std::pair(true, false));
}

TEST_CASE("only the dataset that was planned for is renamed, and once") {
  const auto rename = [](const std::string& facts) {
    ScriptedZfs scripted("[ $1 = rename ] || printf '" + facts + "'");
    const auto done = scripted.apply({RenameDataset{ds("a"), ds("b"), Guid(7)}});
    if (!done) CHECK(done.error().remedy == Remedy::replan);
    const bool called = scripted.calls().find("rename|") != std::string::npos;
    return std::pair(done.has_value(), called);
  };
  CHECK(rename("a\\tguid\\t7\\na\\ttype\\tfilesystem\\n") == std::pair(true, true));
  CHECK(rename("b\\tguid\\t7\\nb\\ttype\\tfilesystem\\n") == std::pair(true, false));
  CHECK(rename("a\\tguid\\t8\\na\\ttype\\tvolume\\n") == std::pair(false, false));
  CHECK(rename("b\\tguid\\t8\\nb\\ttype\\tvolume\\n") == std::pair(false, false));
  CHECK(rename("") == std::pair(false, false));
}

TEST_CASE("a placeholder that is there already is success, another dataset is not") {
  const auto create = [](const std::string& value_and_source) {
    ScriptedZfs scripted(
        "[ $1 = get ] && { printf 'a\\tzrepl:placeholder\\t" + value_and_source +
        "\\n'; exit 0; }\necho \"cannot create 'a': dataset already exists\" >&2; exit 1\n");
    return scripted.apply({CreatePlaceholder{ds("a"), false}}).has_value();
  };
  CHECK(create("on\\tlocal"));
  CHECK_FALSE(create("on\\tinherited from b"));
  CHECK_FALSE(create("-\\t-"));
}

TEST_CASE("only an empty placeholder is received over") {
  const auto receive = [](const std::string& lines) {
    ScriptedZfs scripted("[ $1 = receive ] || printf '" + lines + "'\n");
    ReceiveRequest request = into("a");
    request.over_placeholder = true;
    auto stream = scripted.zfs.receive(request);
    if (!stream) CHECK(stream.error().remedy == Remedy::replan);
    return stream.has_value();
  };
  const std::string placeholder = "a\\tzrepl:placeholder\\ton\\tlocal\\n";
  CHECK(receive(placeholder + "a/b@1\\tzrepl:placeholder\\t-\\t-\\n"));
  CHECK_FALSE(receive(placeholder + "a@1\\tzrepl:placeholder\\ton\\tinherited from a\\n"));
  CHECK_FALSE(receive("a\\tzrepl:placeholder\\ton\\tinherited from b\\n"));
  CHECK_FALSE(receive(""));
}

TEST_CASE("nothing is sent when a version is missing or another one") {
  const auto send = [](std::uint64_t from, std::uint64_t to) {
    ScriptedZfs scripted("[ $1 = send ] || printf 'a@1\\tguid\\t1\\na@2\\tguid\\t2\\n'\n");
    auto stream =
        scripted.zfs.send(Send{.dataset = ds("a"), .from = snap("1", from), .to = snap("2", to)});
    if (!stream) CHECK(stream.error().remedy == Remedy::replan);
    CHECK(scripted.calls().starts_with(guid_get + "a@2|a@1\n"));
    return stream.has_value();
  };
  CHECK(send(1, 2));
  CHECK_FALSE(send(1, 3));
  CHECK_FALSE(send(9, 2));
}

TEST_CASE("a property that was not set is an error, though zfs says all is well") {
  ScriptedZfs scripted(
      "cat > /dev/null\n"
      "echo 'cannot receive zrepl:placeholder property on T: permission denied' >&2\n");
  auto stream = scripted.zfs.receive(into("T"));
  REQUIRE(stream.has_value());
  const auto finished = (*stream)->finish();
  REQUIRE_FALSE(finished.has_value());
  CHECK(finished.error().remedy == Remedy::give_up);
  CHECK(finished.error().message.find("permission denied") != std::string::npos);
}

}  // namespace zr
