// Whole runs of an honest client against a host that holds it to its sink or its ACL.
#include <doctest/doctest.h>

#include <string>

#include "executor/serve/client_zfs.h"
#include "tests/executor/rehearsal.h"

namespace zr {
namespace {

// The serving host's part of the policy, which the client does not know.
constexpr const char* granted =
    "site vault\n"
    "host vault { transport local }\n"
    "sink office { on vault; map { tank/prod< -> fast/office; tank/prod/tmp< -> omit } }\n"
    "pull_acl office { on vault; datasets { fast/pub< -> ok; fast/pub/not< -> omit } }\n";

constexpr const char* hosts =
    "site office\n"
    "host lab { transport local }\n"
    "host vault { transport local }\n";
const std::string push =
    "push home { from lab; to vault; map { tank/prod/db< -> tank/prod/db }; initial all }\n";
const std::string pull =
    "pull home { from vault; to lab; map { fast/pub< -> tank/pub; fast/pub/not< -> omit } }\n";

constexpr const char* two_hosts =
    "observed 1000\n"
    "lab: tank guid=1\n"
    "lab: tank/prod guid=2\n"
    "lab: tank/prod/db guid=3 @1+700 @2+700 @3+700\n"
    "lab: tank/prod/db/a guid=4 encrypted @1+700 @2+700\n"
    "lab: tank/prod/db/c guid=5\n"
    "lab: tank/prod/db/c/vol guid=6 volume @1+700\n"
    "vault: fast guid=11\n"
    "vault: fast/office guid=12 placeholder\n"
    "vault: fast/other guid=13 @9\n"
    "vault: fast/pub guid=14 @1+700 @2+700 @3+700\n"
    "vault: fast/pub/not guid=15 @1+700\n"
    "vault: fast/pub/crypt guid=16 encrypted=fast/pub/crypt @1+700\n";

// A client that plans and applies with what it is shown.
class Client {
 public:
  explicit Client(const std::string& jobs, std::string_view world = two_hosts)
      : file_(SimFile::in_memory(world_from_text(world))),
        rehearsal(
            {hosts + jobs, world_from_text(world)},
            [this](const HostName& host) { return open(host); }, file_) {}

  std::vector<Denial> denials;

 private:
  Result<std::unique_ptr<Zfs>> open(const HostName& host) {
    auto zfs = SimZfs::open(file_, host, {Seconds(std::chrono::seconds(1000)), 512});
    if (!zfs) return zfs.error();
    if (host == HostName("lab")) return std::unique_ptr<Zfs>(*std::move(zfs));
    return std::unique_ptr<Zfs>(std::make_unique<ClientZfs>(
        *std::move(zfs), *rights_of(policy_from_text(granted), host, "office"),
        [this](const Denial& d) {
          const std::lock_guard lock(mutex_);
          denials.push_back(d);
        }));
  }

  const std::shared_ptr<SimFile> file_;
  std::mutex mutex_;

 public:
  Rehearsal rehearsal;
};

void applies(Client& client) {
  const Plan plan = client.rehearsal.plan();
  CHECK_MESSAGE(plan.conflicts.empty(), render(plan, {}));
  const RunReport report = client.rehearsal.apply(plan);
  CHECK_MESSAGE(report.count(event::Outcome::done) == plan.steps.size(), failures(report));
  const Plan again = client.rehearsal.plan();
  CHECK_MESSAGE(again.noop(), render(again, {}));
}

TEST_CASE("what a client plans from what it is shown is what it may do") {
  Client client(push + pull);
  applies(client);
  CHECK(client.denials.empty());
  const World world = client.rehearsal.everything();
  const Inventory& vault = world.hosts.at(HostName("vault"));
  CHECK(vault.find(DatasetName::parse("fast/office/db").value())->versions.size() == 3);
  CHECK(vault.find(DatasetName::parse("fast/office/db/c/vol").value())->type ==
        DatasetType::volume);
  CHECK(vault.find(DatasetName::parse("fast/other").value())->versions.size() == 1);
  const Inventory& lab = world.hosts.at(HostName("lab"));
  CHECK(lab.find(DatasetName::parse("tank/pub/crypt").value())->encrypted());
  CHECK(lab.find(DatasetName::parse("tank/pub/not").value()) == nullptr);
}

TEST_CASE("a client whose job wants more than it was granted does what it may") {
  Client client(
      "push home { from lab; to vault; map { tank/prod< -> tank/prod; tank/prod/db/a< -> "
      "tank/prod/tmp/a }; initial all }\n");
  const Plan plan = client.rehearsal.plan();
  const RunReport report = client.rehearsal.apply(plan);
  CHECK(report.count(event::Outcome::done) > 0);
  CHECK(report.count(event::Outcome::failed) > 0);
  CHECK(!client.denials.empty());
  CHECK(client.denials.front().dataset.starts_with("tank/prod/tmp"));
}

TEST_CASE("killed at any call or byte, a client goes on where it was") {
  std::uint64_t calls = 0, bytes = 0;
  {
    Client client(push + pull);
    auto faults = std::make_shared<Faults>();
    client.rehearsal.apply(client.rehearsal.plan(), faults);
    calls = faults->calls();
    bytes = faults->bytes();
  }
  CHECK(calls > 30);
  const auto killed = [](const std::function<void(Faults&)>& how) {
    Client client(push + pull);
    auto faults = std::make_shared<Faults>();
    how(*faults);
    client.rehearsal.apply(client.rehearsal.plan(), faults);
    applies(client);
    CHECK(client.denials.empty());
  };
  for (std::uint64_t n = 1; n <= calls; ++n) {
    CAPTURE(n);
    killed([&](Faults& f) { f.crash_at_call(n, Faults::Crash::before_it); });
    killed([&](Faults& f) { f.crash_at_call(n, Faults::Crash::after_it); });
  }
  for (std::uint64_t n = 1; n <= bytes; n += 97) {
    CAPTURE(n);
    killed([&](Faults& f) { f.crash_at_byte(n); });
  }
}

}  // namespace
}  // namespace zr
