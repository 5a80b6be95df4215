#include "executor/commands/command.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "executor/observe.h"
#include "executor/sim/sim_file.h"
#include "executor/sim/sim_zfs.h"
#include "tests/support/faulty_zfs.h"
#include "tests/support/world_text.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view site_text = R"(
site office
host nas { transport sim "unused.json"; state "state" }
host vault { transport sim "unused.json" }
pull offsite { from nas; to vault; map { tank/db -> fast/db; tank/mail -> fast/mail } }
prune nas { on nas; datasets { tank/old -> ok }; snapshots any; keep last 1 }
)";

// Commands run in this process, on pools in memory that may fail.
class Bench {
 public:
  explicit Bench(std::string_view world) : file(SimFile::in_memory(world_from_text(world))) {
    std::string name = (fs::temp_directory_path() / "zrepl-test.XXXXXX").string();
    folder = ::mkdtemp(name.data());
    std::ofstream(folder / "site.zr") << site_text;
  }
  ~Bench() { fs::remove_all(folder); }

  std::string site() const { return (folder / "site.zr").string(); }

  int run(Command command) {
    out.str("");
    err.str("");
    connections = 0;
    const Millis now{std::chrono::hours(1000)};
    const Outside outside{
        [&](const Policy&, const Reach& reach) {
          const Connect connect = [this,
                                   reach](const HostName& host) -> Result<std::unique_ptr<Zfs>> {
            if (++connections == stop_at_connection) stop.request_stop();
            SimOptions options;
            options.now = std::chrono::floor<std::chrono::seconds>(reach.now);
            auto opened = SimZfs::open(file, host, options);
            if (!opened) return opened.error();
            return std::unique_ptr<Zfs>(std::move(*opened));
          };
          return with_faults(connect, faults);
        },
        {},
        [now] { return now; },
        stop.get_token(),
        "someone"};
    return static_cast<int>(
        run_command({std::move(command), std::chrono::seconds(5)}, outside, {out, err}));
  }

  fs::path folder;
  std::shared_ptr<SimFile> file;
  std::shared_ptr<Faults> faults = std::make_shared<Faults>();
  std::stop_source stop;
  std::atomic<int> connections = 0;
  int stop_at_connection = 0;
  std::ostringstream out, err;
};

constexpr std::string_view two_to_send = R"(
nas: tank
nas: tank/db @1 @2
nas: tank/mail @3
nas: tank/old @4 @5
vault: fast
)";

bool contains(const std::ostringstream& text, std::string_view piece) {
  return text.str().find(piece) != std::string::npos;
}

ApplyCommand apply_command(const Bench& bench) {
  ApplyCommand command;
  command.target = bench.site();
  return command;
}

TEST_CASE("what was done is summed up, and a second apply has nothing to do") {
  Bench bench(two_to_send);
  CHECK(bench.run(apply_command(bench)) == 0);
  CHECK(contains(bench.out, "\ndone: "));
  CHECK_FALSE(contains(bench.out, "next:"));
  CHECK(bench.run(apply_command(bench)) == 0);
  CHECK(bench.out.str().rfind("Nothing to do", 0) == 0);
  CHECK(bench.err.str() == "");
}

TEST_CASE("failed steps give 7, are named, and the next thing to do is said") {
  Bench bench(two_to_send);
  bench.faults->fail_byte(1, {Remedy::give_up, "the disk is on fire"});
  CHECK(bench.run(apply_command(bench)) == 7);
  CHECK(contains(bench.out, "2 failed:\n  send nas:tank/"));
  CHECK(contains(bench.out, "the disk is on fire"));
  CHECK(contains(bench.out, "2 skipped:\n  "));
  CHECK(contains(bench.out, "next: mend what failed, then zrepl apply " + bench.site()));
  bench.faults->reset();
  CHECK(bench.run(apply_command(bench)) == 0);
}

TEST_CASE("failed steps win over conflicts") {
  Bench bench(two_to_send);
  REQUIRE(bench.file->edit([](World& world) {
    world.hosts[HostName("vault")] =
        world_from_text("vault: fast\nvault: fast/mail @77").hosts[HostName("vault")];
  }));
  CHECK(bench.run(apply_command(bench)) == 4);
  Bench failing(two_to_send);
  REQUIRE(failing.file->edit([](World& world) {
    world.hosts[HostName("vault")] =
        world_from_text("vault: fast\nvault: fast/mail @77").hosts[HostName("vault")];
  }));
  failing.faults->fail_byte(1, {Remedy::give_up, "broken"});
  CHECK(failing.run(apply_command(failing)) == 7);
}

TEST_CASE("an interruption before anything was done says so and gives 1") {
  Bench bench(two_to_send);
  bench.stop.request_stop();
  CHECK(bench.run(apply_command(bench)) == 1);
  CHECK(contains(bench.err, "nothing was done"));
  CHECK(bench.run(PlanCommand{bench.site(), {}, {}}) == 1);
}

TEST_CASE("an interruption in the middle gives 1, says what remains, and can be taken up") {
  Bench bench(two_to_send);
  bench.stop_at_connection = 3;  // two to observe, and the first of the run
  CHECK(bench.run(apply_command(bench)) == 1);
  CHECK(contains(bench.out, "interrupted; done: "));
  CHECK(contains(bench.out, "cut off or not started:\n  "));
  CHECK(contains(bench.out, "next: zrepl apply " + bench.site()));
  bench.stop_at_connection = 0;
  bench.stop = {};
  CHECK(bench.run(apply_command(bench)) == 0);
  CHECK(bench.run(apply_command(bench)) == 0);
  CHECK(bench.out.str().rfind("Nothing to do", 0) == 0);
}

TEST_CASE("a plan is made for a world that nobody has to observe") {
  Bench bench("nas: tank\nvault: fast");
  PlanCommand command{bench.site(), {}, {}};
  command.planning.world = (bench.folder / "gone.json").string();
  CHECK(bench.run(command) == 3);
  CHECK(contains(bench.err, "gone.json"));
  CHECK(bench.faults->calls() == 0);
}

TEST_CASE("looking makes no state folder and changes no pool") {
  Bench bench(two_to_send);
  const World before = bench.file->world().value();
  CHECK(bench.run(CheckCommand{bench.site()}) == 0);
  CHECK(bench.run(PlanCommand{bench.site(), {}, {}}) == 0);
  CHECK(bench.run(ObserveCommand{bench.site(), {}}) == 0);
  CHECK(bench.run(GraphCommand{bench.site(), {}}) == 0);
  CHECK(bench.run(MapCommand{bench.site(), "pull.offsite", "tank/db"}) == 0);
  CHECK(bench.run(WhyCommand{bench.site(), "nas:tank/old@4", {}}) == 0);
  auto dry = apply_command(bench);
  dry.dry_run = true;
  CHECK(bench.run(dry) == 0);
  CHECK(bench.file->world().value() == before);
  CHECK_FALSE(fs::exists(bench.folder / "state"));
}

}  // namespace
}  // namespace zr
