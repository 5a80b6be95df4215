// What may go wrong with each single program that is run on a site's machines, at any of them: the
// next apply repairs it. zfs(8) is a program over simulated pools here.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "executor/machine/local_host.h"
#include "executor/zfs/cli_zfs.h"
#include "planner/json.h"
#include "tests/executor/rehearsal.h"
#include "tests/executor/temporary_folder.h"
#include "tests/support/faulty_machine.h"

using namespace zr;

namespace {

// Each case runs some two hundred processes, which sanitizers make slow to start.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZREPL_SLOW_STARTS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ZREPL_SLOW_STARTS
#endif
#endif
#ifdef ZREPL_SLOW_STARTS
constexpr int cases = 4;
#else
constexpr int cases = 20;
#endif

template <class Property>
bool check_some(const Property& property) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  if (std::getenv("RC_PARAMS") == nullptr) params.maxSuccess = cases;
  const auto result = rc::detail::checkTestable(property, rc::detail::TestMetadata(), params);
  rc::detail::printResultMessage(result, std::cerr);
  return result.template is<rc::detail::SuccessResult>();
}

// A site whose hosts are reached by a zfs(8).
class ProgramSite {
 public:
  explicit ProgramSite(const RandomSite& site)
      : rehearsal(
            site, [this](const HostName& host) { return connect(host); }, write(site.world)) {}

  TemporaryFolder folder;
  std::shared_ptr<ProgramFaults> faults = std::make_shared<ProgramFaults>();
  Rehearsal rehearsal;

 private:
  std::shared_ptr<SimFile> write(const World& world) const {
    std::ofstream(folder / "world.json") << world_to_json(world);
    return SimFile::open(folder / "world.json").value();
  }

  Result<std::unique_ptr<Zfs>> connect(const HostName& host) const {
    const Argv zfs = {"env",
                      "ZREPL_SIM_FILE=" + (folder / "world.json").string(),
                      "ZREPL_SIM_HOST=" + host.value,
                      fmt::format("ZREPL_SIM_NOW={}", rehearsal.now.time_since_epoch().count()),
                      "ZREPL_SIM_FILLER=512",
                      ZREPL_SIM_ZFS};
    return std::unique_ptr<Zfs>(
        std::make_unique<CliZfs>(faulty_machine(std::make_shared<LocalHost>(), faults), zfs,
                                 CliZfsOptions{}, std::stop_token()));
  }
};

ProgramFault random_fault(std::uint64_t programs) {
  using Kind = ProgramFault::Kind;
  return {*rc::gen::element(Kind::not_started, Kind::cut_input, Kind::cut_output, Kind::end_lost,
                            Kind::fails, Kind::we_are_gone),
          *rc::gen::inRange<std::uint64_t>(1, programs + 1),
          *rc::gen::inRange<std::uint64_t>(0, 1500)};
}

}  // namespace

TEST_CASE("whatever happens to one program on a machine, applying again reaches the same world") {
  CHECK(check_some([] {
    const RandomSite site = random_site();
    show(site);
    ProgramSite undisturbed(site);
    const Plan plan = undisturbed.rehearsal.plan();
    undisturbed.faults->started = 0;
    undisturbed.rehearsal.apply(plan);
    const std::uint64_t programs = undisturbed.faults->started;
    RC_PRE(programs > 0U);

    ProgramSite disturbed(site);
    const Plan first = disturbed.rehearsal.plan();
    disturbed.faults->started = 0;
    disturbed.faults->fault = random_fault(programs);
    RC_LOG() << disturbed.faults->fault.str() << " of " << programs << "\n" << render(first, {});
    RC_LOG() << failures(disturbed.rehearsal.apply(first));
    disturbed.faults->fault = {};
    expect_repaired(disturbed.rehearsal, undisturbed.rehearsal);
  }));
}
