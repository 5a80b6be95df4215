#include "executor/sim/sim_zfs.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "planner/resume_token.h"
#include "tests/support/world_text.h"

namespace zr {
namespace {

const HostName nas("nas"), vault("vault");
DatasetName name(const char* text) { return *DatasetName::parse(text); }

// A simulated site, in the text of world_text.h.
class Site {
 public:
  explicit Site(std::string_view text, std::uint64_t max_filler = 64 * 1024)
      : file_(SimFile::in_memory(world_from_text(text))), max_filler_(max_filler) {}

  std::unique_ptr<Zfs> open(const HostName& host) const {
    return *SimZfs::open(file_, host, SimOptions{Seconds(std::chrono::seconds(1000)), max_filler_});
  }
  Result<void> apply(const HostName& host, const Change& change) const {
    const std::vector<Change> one = {change};
    return open(host)->apply(one);
  }
  Dataset at(const HostName& host, const char* dataset) const {
    return *file_->world()->hosts.at(host).find(name(dataset));
  }
  VersionRef ref(const HostName& host, const char* dataset, const char* snapshot) const {
    const Dataset d = at(host, dataset);
    return {VersionKind::snapshot, snapshot, d.find(VersionKind::snapshot, snapshot)->guid};
  }
  std::string text() const { return world_to_text(*file_->world()); }
  SimFile& file() const { return *file_; }

 private:
  std::shared_ptr<SimFile> file_;
  std::uint64_t max_filler_;
};

std::vector<std::byte> read_all(SendStream& stream) {
  std::vector<std::byte> all, buffer(777);
  for (;;) {
    const auto n = stream.read(buffer);
    if (!n || *n == 0) return all;
    all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*n));
  }
}

std::vector<std::byte> stream_of(const Site& site, const SendRequest& request) {
  const auto zfs = site.open(nas);
  auto stream = zfs->send(request);
  REQUIRE(stream);
  return read_all(**stream);
}

constexpr const char* two_pools =
    "nas: tank guid=1\n"
    "nas: tank/db guid=2 @a+5000 @b+300 @c+0 @d+7000\n"
    "vault: fast guid=3\n";

TEST_CASE("the same commands give the same world") {
  const auto rehearse = [] {
    const Site site(two_pools);
    CHECK(site.apply(nas, TakeSnapshot{name("tank/db"), "e"}));
    CHECK(site.apply(vault, CreatePlaceholder{name("fast/p")}));
    const auto zfs = site.open(vault);
    auto receive = zfs->receive(ReceiveRequest{name("fast/db"), false, false, {}, {}});
    CHECK((*receive)->write(
        stream_of(site, Send{name("tank/db"), {}, site.ref(nas, "tank/db", "e")})));
    CHECK((*receive)->finish());
    return site.text();
  };
  CHECK(rehearse() == rehearse());
}

TEST_CASE("a snapshot that was destroyed and taken again is another one") {
  const Site site(two_pools);
  const DatasetName db = name("tank/db");
  std::vector<Guid> guids;
  CreateTxg last;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(site.apply(nas, TakeSnapshot{db, "e"}));
    const Dataset now = site.at(nas, "tank/db");
    const Version& taken = *now.find(VersionKind::snapshot, "e");
    CHECK(taken.createtxg > last);
    CHECK(std::find(guids.begin(), guids.end(), taken.guid) == guids.end());
    guids.push_back(taken.guid);
    last = taken.createtxg;
    REQUIRE(site.apply(nas, DestroyVersion{db, {VersionKind::snapshot, "e", taken.guid}}));
  }
}

TEST_CASE("snapshots of the same name have different guids, wherever they are") {
  const Site site("nas: tank guid=1\nnas: tank/a guid=2\nnas: tank/b guid=3\nvault: tank guid=1\n");
  for (const char* d : {"tank", "tank/a", "tank/b"})
    REQUIRE(site.apply(nas, TakeSnapshot{name(d), "s"}));
  REQUIRE(site.apply(vault, TakeSnapshot{name("tank"), "s"}));
  std::vector<Guid> guids = {*site.ref(vault, "tank", "s").guid};
  for (const char* d : {"tank", "tank/a", "tank/b"}) guids.push_back(*site.ref(nas, d, "s").guid);
  std::sort(guids.begin(), guids.end());
  CHECK(std::adjacent_find(guids.begin(), guids.end()) == guids.end());
}

TEST_CASE("what is being sent can't be destroyed until the stream is gone") {
  const Site site(two_pools);
  const auto zfs = site.open(nas);
  const DestroyVersion destroy{name("tank/db"), site.ref(nas, "tank/db", "b")};
  {
    const auto stream = zfs->send(Send{name("tank/db"), {}, site.ref(nas, "tank/db", "b")});
    REQUIRE(stream);
    const auto destroyed = site.apply(nas, destroy);
    REQUIRE(!destroyed);
    CHECK(destroyed.error().remedy == Remedy::retry);
  }
  CHECK(site.apply(nas, destroy));
}

TEST_CASE("a target that is being received is busy until the stream is gone") {
  const Site site(two_pools);
  const auto zfs = site.open(vault), other = site.open(vault);
  const ReceiveRequest request{name("fast/db"), false, false, {}, {}};
  {
    const auto first = zfs->receive(request);
    REQUIRE(first);
    const auto second = other->receive(request);
    REQUIRE(!second);
    CHECK(second.error().remedy == Remedy::retry);
  }
  CHECK(other->receive(request));
}

TEST_CASE("what a destroyed snapshot added is not lost") {
  const Site site(two_pools);
  const DatasetName db = name("tank/db");
  REQUIRE(site.apply(nas, DestroyVersion{db, site.ref(nas, "tank/db", "a")}));
  CHECK(site.at(nas, "tank/db").find(VersionKind::snapshot, "b")->bytes == 5300);
  REQUIRE(site.apply(nas, DestroyVersion{db, site.ref(nas, "tank/db", "d")}));
  CHECK(site.at(nas, "tank/db").written_bytes == 7000);
}

TEST_CASE("a stream is about as long as what it carries, up to the limit") {
  const Site site("nas: tank @a+5000 @b+300 @c+9000000\n", 20000);
  const auto bytes_of = [&](const char* to) {
    return stream_of(site, Send{name("tank"), {}, site.ref(nas, "tank", to)}).size();
  };
  CHECK(bytes_of("a") / 100 == 50);
  CHECK(bytes_of("b") / 100 == 53);
  CHECK(bytes_of("c") / 100 == 200);
}

TEST_CASE("a byte that changes on the way is found, and what came before it is kept") {
  const Site site(two_pools);
  auto stream = stream_of(site, Send{name("tank/db"), {}, site.ref(nas, "tank/db", "a")});
  stream[3000] ^= std::byte{1};
  const auto zfs = site.open(vault);
  auto receive = zfs->receive(ReceiveRequest{name("fast/db"), false, false, {}, {}});
  REQUIRE((*receive)->write(std::span(stream).first(2000)));
  const auto written = (*receive)->write(std::span(stream).subspan(2000));
  REQUIRE(!written);
  CHECK(written.error().message.find("checksum mismatch") != std::string::npos);
  CHECK(!(*receive)->finish());
  const auto token = decode(*site.at(vault, "fast/db").resume_token);
  REQUIRE(token);
  CHECK(token->received_bytes > 1800);
  CHECK(token->received_bytes < 2000);
}

TEST_CASE("a resumed stream of another snapshot is refused, and the state stays") {
  const Site site(
      "nas: tank/db @a+5000 @b+5000\n"
      "vault: fast\n");
  const auto zfs = site.open(vault);
  const auto cut = [&](const char* to, const char* target) {
    const auto stream = stream_of(site, Send{name("tank/db"), {}, site.ref(nas, "tank/db", to)});
    auto receive = zfs->receive(ReceiveRequest{name(target), false, false, {}, {}});
    REQUIRE((*receive)->write(std::span(stream).first(2500)));
  };
  cut("a", "fast/a");
  cut("b", "fast/b");
  const ResumeToken b = *site.at(vault, "fast/b").resume_token;
  const auto rest = stream_of(site, Resume{name("tank/db"), b, {}, site.ref(nas, "tank/db", "b")});
  const std::string before = site.text();
  auto receive = zfs->receive(ReceiveRequest{name("fast/a"), false, true, {}, {}});
  const auto written = (*receive)->write(rest);
  REQUIRE(!written);
  CHECK(written.error().remedy == Remedy::replan);
  receive->reset();
  CHECK(site.text() == before);
}

// ---- any cut ------------------------------------------------------------------------------------

// Whatever is not there yet, by what the target has: the rest of a cut stream, or the next one.
SendRequest next_request(const Site& site, ReceiveRequest& receive) {
  const World world = *site.file().world();
  const Dataset& source = *world.hosts.at(nas).find(name("tank/db"));
  const Dataset* target = world.hosts.at(vault).find(receive.target);
  receive.over_placeholder = target != nullptr && target->placeholder;
  receive.resuming = target != nullptr && target->resume_token.has_value();
  const auto ref_of = [](const Version& v) { return VersionRef{v.kind, v.name, v.guid}; };
  if (receive.resuming) {
    const auto token = decode(*target->resume_token);
    for (const Version& v : source.versions) {
      if (v.guid == token->toguid) return Resume{source.name, *target->resume_token, {}, ref_of(v)};
    }
  }
  Send send{source.name, {}, ref_of(source.versions.front())};
  if (target == nullptr || !target->has_snapshots()) return send;
  send.from = ref_of(target->versions.back());
  send.to = ref_of(source.versions.back());
  send.intermediates = true;
  return send;
}

bool complete(const Site& site) {
  const World world = *site.file().world();
  const Dataset* target = world.hosts.at(vault).find(name("fast/db"));
  return target != nullptr && target->versions.size() == 4;
}

TEST_CASE("however often and wherever streams are cut, what arrives in the end is the same") {
  CHECK(rc::check("cuts", [](const std::vector<std::uint16_t>& cuts, bool placeholder) {
    const Site site(std::string(two_pools) +
                    (placeholder ? "vault: fast/db guid=4 placeholder\n" : ""));
    for (std::size_t i = 0; !complete(site); ++i) {
      RC_ASSERT(i < cuts.size() + 10);
      ReceiveRequest request{name("fast/db"), false, false, {}, {}};
      const SendRequest send = next_request(site, request);
      const auto stream = stream_of(site, send);
      const auto zfs = site.open(vault);
      auto receive = zfs->receive(request);
      RC_ASSERT(receive.has_value());
      const auto most = i < cuts.size() ? cuts[i] % (stream.size() + 1) : stream.size();
      const auto written = (*receive)->write(std::span(stream).first(most));
      RC_ASSERT(written.has_value());
      if (most == stream.size()) RC_ASSERT((*receive)->finish().has_value());
    }
    const Dataset source = site.at(nas, "tank/db"), target = site.at(vault, "fast/db");
    RC_ASSERT(!target.resume_token && !target.placeholder && target.written_bytes == 0u);
    for (std::size_t i = 0; i < 4; ++i) {
      RC_ASSERT(target.versions[i].guid == source.versions[i].guid);
      RC_ASSERT(target.versions[i].name == source.versions[i].name);
      RC_ASSERT(target.versions[i].bytes == source.versions[i].bytes);
      RC_ASSERT(target.versions[i].clones.empty());
    }
  }));
}

}  // namespace
}  // namespace zr
