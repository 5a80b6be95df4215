#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "executor/sim/sim_zfs.h"
#include "planner/resume_token.h"
#include "tests/support/faulty_zfs.h"
#include "tests/support/world_text.h"

namespace zr {
namespace {

const HostName nas("nas"), vault("vault");
const DatasetName db = *DatasetName::parse("tank/db"), copy = *DatasetName::parse("fast/db");

struct Site {
  std::shared_ptr<SimFile> file =
      SimFile::in_memory(world_from_text("nas: tank/db @a+9000\nvault: fast\n"));
  std::shared_ptr<Faults> faults = std::make_shared<Faults>();
  Connect connect = with_faults(
      [file = file](const HostName& host) -> Result<std::unique_ptr<Zfs>> {
        auto zfs = SimZfs::open(file, host, SimOptions{Seconds(std::chrono::seconds(1)), 65536});
        if (!zfs) return zfs.error();
        return std::unique_ptr<Zfs>(*std::move(zfs));
      },
      faults);

  Result<void> snapshot(const char* name) const {
    auto zfs = connect(nas);
    if (!zfs) return zfs.error();
    const std::vector<Change> change = {TakeSnapshot{db, name}};
    return (*zfs)->apply(change);
  }
  bool has(const char* name) const {
    return file->world()->hosts.at(nas).find(db)->find(VersionKind::snapshot, name) != nullptr;
  }
  const Dataset received() const { return *file->world()->hosts.at(vault).find(copy); }

  Result<void> replicate() const {
    auto from = connect(nas), to = connect(vault);
    if (!from) return from.error();
    const Guid guid = file->world()->hosts.at(nas).find(db)->versions[0].guid;
    auto sending = (*from)->send(Send{db, {}, VersionRef{VersionKind::snapshot, "a", guid}});
    if (!sending) return sending.error();
    auto receiving = (*to)->receive(ReceiveRequest{copy, false, false, {}, {}});
    if (!receiving) return receiving.error();
    std::vector<std::byte> buffer(1000);
    for (;;) {
      const auto n = (*sending)->read(buffer);
      if (!n) return n.error();
      if (*n == 0) break;
      if (auto ok = (*receiving)->write(std::span(buffer).first(*n)); !ok) return ok;
    }
    if (auto ok = (*sending)->finish(); !ok) return ok;
    return (*receiving)->finish();
  }
};

TEST_CASE("without faults nothing is different, and everything is counted") {
  const Site site;
  CHECK(site.snapshot("b"));
  CHECK(site.replicate());
  CHECK(site.has("b"));
  CHECK(site.received().has_snapshots());
  CHECK(site.faults->calls() == 5);  // apply, send, receive, and the finish of both ends
  CHECK(site.faults->bytes() > 9000);
  CHECK_FALSE(site.faults->crashed());
}

TEST_CASE("a call that is to fail fails, and the next one goes on") {
  const Site site;
  site.faults->fail_call(2, Error{Remedy::retry, "busy"});
  CHECK(site.snapshot("b"));
  const auto second = site.snapshot("c");
  REQUIRE(!second);
  CHECK(second.error().message == "busy");
  CHECK_FALSE(site.has("c"));
  CHECK(site.snapshot("c"));
}

TEST_CASE("after a crash nothing works until the next life") {
  const Site site;
  site.faults->crash_at_call(1, Faults::Crash::before_it);
  CHECK(!site.snapshot("b"));
  CHECK_FALSE(site.has("b"));
  CHECK(site.faults->crashed());
  CHECK(!site.snapshot("c"));
  site.faults->reset();
  CHECK(site.faults->calls() == 0);
  CHECK(site.snapshot("c"));
}

TEST_CASE("a crash after a call leaves it done, and nobody knows") {
  const Site site;
  site.faults->crash_at_call(1, Faults::Crash::after_it);
  CHECK(!site.snapshot("b"));
  CHECK(site.has("b"));
}

TEST_CASE("a stream is cut at exactly the byte that was asked for") {
  std::uint64_t before = 0;
  for (const std::uint64_t at : {3000u, 3001u, 3999u, 4000u, 4001u}) {
    const Site site;
    site.faults->crash_at_byte(at);
    CHECK(!site.replicate());
    CHECK(site.faults->crashed());
    const auto token = decode(*site.received().resume_token);
    REQUIRE(token);
    if (before != 0) CHECK(token->received_bytes + 3000 == before + at);
    if (before == 0) before = token->received_bytes;
  }
}

TEST_CASE("a stream that breaks cuts only itself") {
  const Site site;
  site.faults->fail_byte(5000, Error{Remedy::reconnect, "connection lost"});
  const auto broken = site.replicate();
  REQUIRE(!broken);
  CHECK(broken.error().remedy == Remedy::reconnect);
  CHECK(site.received().resume_token);
  CHECK(site.snapshot("b"));
}

TEST_CASE("a crash at the end of a stream leaves it received, or all but") {
  const Site done;
  done.faults->crash_at_call(4, Faults::Crash::after_it);
  CHECK(!done.replicate());
  CHECK(done.received().has_snapshots());
}

}  // namespace
}  // namespace zr
