#include "executor/serve/client_zfs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

#include "executor/serve/stream_head.h"
#include "executor/serve/stream_properties.h"
#include "lang/granting.h"
#include "planner/marks.h"
#include "planner/resume_token.h"
#include "tests/executor/client_site.h"

namespace zr {
namespace {

constexpr const char* two_hosts =
    "lab: tank guid=11\n"
    "lab: tank/db guid=12 @1+40000 @2+40000 @3+40000\n"
    "lab: tank/copy guid=13 origin=tank/db@1 @c\n"
    "vault: fast guid=1\n"
    "vault: fast/office guid=2 placeholder\n"
    "vault: fast/other guid=3 @9\n";

ClientSite sink() { return {two_hosts, "tank< -> fast/office"}; }

const JobId push_home{JobKind::push, "home"};
const std::string hold = TargetHold{SiteName("office"), push_home}.str();
std::string cursor(std::string_view version) {
  return Cursor{SiteName("office"), push_home, version_guid(version)}.str();
}

// ---- who ----------------------------------------------------------------------------------------

TEST_CASE("an identity that is granted nothing gets nothing, whether or not it is known") {
  const Policy policy = policy_from_text(
      "site home\nhost vault { transport local }\nhost nas { transport local }\n"
      "sink office { on nas; map { tank< -> fast } }\n"
      "pull_acl shop { on vault; datasets { tank< -> omit } }\n");
  for (const char* identity : {"office", "shop", "nobody", "", "office ", "OFFICE", "off\x1b[m"}) {
    const auto rights = rights_of(policy, vault, identity);
    REQUIRE(!rights);
    CHECK(rights.error().remedy == Remedy::give_up);
    CHECK(rights.error().message.find("\x1b") == std::string::npos);
  }
  CHECK(rights_of(policy, HostName("nas"), "office")->has_sink);
}

// ---- pushing into a sink ------------------------------------------------------------------------

TEST_CASE("a client pushes, marks what it pushed, and goes on from there") {
  const ClientSite site = sink();
  REQUIRE(site.push("tank/db", full("tank/db", "1")));
  CHECK(site.apply(PlaceHold{name("tank/db"), snapshot("1"), hold}));
  CHECK(site.apply(PlaceHold{name("tank/db"), snapshot("1"), hold}));  // already so
  REQUIRE(site.push("tank/db", incremental("tank/db", "1", "2")));
  CHECK(site.apply(CreateBookmark{name("tank/db"), snapshot("2"), cursor("2")}));
  CHECK(site.apply(ReleaseHold{name("tank/db"), snapshot("1"), hold}));
  CHECK(site.apply(ReleaseHold{name("tank/db"), snapshot("1"), hold}));
  CHECK(site.at(vault, "fast/office/db").versions.size() == 3);
  CHECK(site.denials.empty());
}

TEST_CASE("a client makes placeholders and receives over them") {
  const ClientSite site = sink();
  CHECK(site.apply(CreatePlaceholder{name("tank/a")}));
  CHECK(site.apply(CreatePlaceholder{name("tank/a")}));
  CHECK(site.apply(CreatePlaceholder{name("tank/a/b")}));
  REQUIRE(site.push(ReceiveRequest{name("tank/a/b"), true, false, {}, {}}, full("tank/db", "1")));
  CHECK(!site.at(vault, "fast/office/a/b").placeholder);
  CHECK(site.at(vault, "fast/office/a").placeholder);
}

TEST_CASE("a clone is received with an origin in the sink") {
  const ClientSite site = sink();
  REQUIRE(site.push("tank/db", full("tank/db", "1")));
  Send send = full("tank/copy", "c");
  send.from = snapshot("1");
  send.clone_of = name("tank/db");
  ReceiveRequest request{name("tank/copy"), false, false, {}, {}};
  request.clone_of = CloneOrigin{name("fast/other"), snapshot("9")};
  CHECK(denied(site, site.client()->receive(request)));
  request.clone_of = CloneOrigin{name("tank/db"), snapshot("1")};
  REQUIRE(site.push(request, send));
  CHECK(site.at(vault, "fast/office/copy").origin == "fast/office/db@1");
  CHECK(site.seen({false, {}, {name("tank/copy")}}).find("origin=tank/db@1") != std::string::npos);
}

TEST_CASE("a push that was cut is resumed, or dropped by the token that is there") {
  const ClientSite site = sink();
  REQUIRE(site.push("tank/db", full("tank/db", "1"), 20000));
  const auto token =
      site.client()->list({false, {}, {name("tank/db")}})->find(name("tank/db"))->resume_token;
  REQUIRE(token);
  SUBCASE("resumed") {
    ReceiveRequest request{name("tank/db"), false, true, {}, {}};
    REQUIRE(site.push(request, Resume{name("tank/db"), *token, {}, snapshot("1")}));
    CHECK(site.at(vault, "fast/office/db").versions.size() == 1);
  }
  SUBCASE("dropped") {
    DecodedToken other = *decode(*token);
    ++other.received_bytes;
    const auto stale = site.apply(AbortReceive{name("tank/db"), encode(other)});
    REQUIRE(!stale);
    CHECK(stale.error().remedy == Remedy::replan);
    CHECK(site.has("fast/office/db"));
    CHECK(denied(site, site.apply(AbortReceive{name("tank/db"), ResumeToken("-A")})));
    CHECK(site.apply(AbortReceive{name("tank/db"), *token}));
    CHECK(!site.has("fast/office/db"));
    CHECK(site.apply(AbortReceive{name("tank/db"), *token}));
  }
}

TEST_CASE("what went wrong keeps its remedy, and has the client's names") {
  const ClientSite site = sink();
  const auto missing = site.apply(PlaceHold{name("tank/db"), snapshot("1"), hold});
  REQUIRE(!missing);
  CHECK(missing.error().remedy == Remedy::replan);
  CHECK(missing.error().message == "cannot hold 'tank/db': dataset does not exist; plan again");
  const auto busy = site.client()->receive({name("tank/db"), false, false, {}, {}});
  REQUIRE(busy);
  const auto second = site.client()->receive({name("tank/db"), false, false, {}, {}});
  REQUIRE(!second);
  CHECK(second.error().remedy == Remedy::retry);
  CHECK(second.error().message ==
        "cannot receive 'tank/db': dataset is busy; it is being received already");
  const auto late = site.push("tank/none", incremental("tank/db", "1", "2"));
  REQUIRE(!late);
  CHECK(late.error().remedy == Remedy::replan);
  CHECK(late.error().message.find("'tank/none'") != std::string::npos);
  CHECK(late.error().message.find("fast") == std::string::npos);
  CHECK(site.denials.empty());
}

TEST_CASE("a sink holds as many datasets as it may") {
  ClientSite site = sink();
  site.rights.max_datasets = 3;
  REQUIRE(site.apply(CreatePlaceholder{name("tank/a")}));
  REQUIRE(site.push("tank/db", full("tank/db", "1")));
  CHECK(denied(site, site.apply(CreatePlaceholder{name("tank/b")})));
  CHECK(denied(site, site.push("tank/c", full("tank/db", "1"))));
  CHECK(site.apply(CreatePlaceholder{name("tank/a")}));
  CHECK(site.push("tank/db", incremental("tank/db", "1", "2")));
  site.rights.max_datasets = 4;
  const std::vector<Change> two{CreatePlaceholder{name("tank/b")},
                                CreatePlaceholder{name("tank/e")}};
  CHECK(denied(site, site.client()->apply(two)));
  CHECK(!site.has("fast/office/b"));
  CHECK(site.client()->apply(std::span(two).first(1)));
}

// ---- what comes with a receive ------------------------------------------------------------------

// Takes down what it is asked to receive, and what arrives.
class Recorder final : public Zfs {
 public:
  ReceiveRequest request{name("nothing"), false, false, {}, {}};
  std::size_t bytes = 0;
  unsigned lists = 0;

  Result<Inventory> list(const Roots&) override { return ++lists, Inventory{}; }
  Result<void> apply(std::span<const Change>) override { return {}; }
  Result<std::unique_ptr<SendStream>> send(const SendRequest&) override {
    return Error{Remedy::give_up, "nothing is sent"};
  }
  Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest& r) override {
    request = r;
    return std::unique_ptr<ReceiveStream>(std::make_unique<Counter>(*this));
  }

 private:
  class Counter final : public ReceiveStream {
   public:
    explicit Counter(Recorder& to) : to_(to) {}
    int fd() const override { return 99; }
    Result<void> write(std::span<const std::byte> b) override {
      return to_.bytes += b.size(), Result<void>();
    }
    Result<void> finish() override { return {}; }

   private:
    Recorder& to_;
  };
};

TEST_CASE("where nothing is granted nothing is asked") {
  const ClientSite site = sink();
  auto owned = std::make_unique<Recorder>();
  const Recorder& inner = *owned;
  const auto zfs = site.client(std::move(owned));
  CHECK(zfs->list({false, {name("fast")}, {name("fast/office")}}));
  CHECK(zfs->list({}));
  CHECK(inner.lists == 0);
  CHECK(zfs->list({false, {}, {name("tank")}}));
  CHECK(inner.lists == 1);
}

TEST_CASE("what could mount, run or be shared is excluded from every receive") {
  const ClientSite site = sink();
  auto owned = std::make_unique<Recorder>();
  const Recorder& inner = *owned;
  const auto zfs = site.client(std::move(owned));
  REQUIRE(zfs->receive({name("tank/db"), false, false, {}, {"compression", "mountpoint"}}));
  CHECK(inner.request.target == name("fast/office/db"));
  std::vector<std::string> expected = kept_out_of_streams();
  expected.push_back("compression");
  std::sort(expected.begin(), expected.end());
  CHECK(inner.request.exclude == expected);
  CHECK(std::is_sorted(kept_out_of_streams().begin(), kept_out_of_streams().end()));
  for (const char* odd : {"", "-F", "a b", "x=y", "A", "a\n"}) {
    CHECK(denied(site, zfs->receive({name("tank/db"), false, false, {}, {odd}})));
  }
}

TEST_CASE("only what the sink's properties have is set, and never what mounts, runs or shares") {
  ClientSite site = sink();
  const auto set = [&](const char* property) {
    return site.client(std::make_unique<Recorder>())
        ->receive({name("tank/db"), false, false, {{property, "on"}}, {}});
  };
  CHECK(denied(site, set("readonly")));
  site.rights.properties = {"readonly", "org.example:owner"};
  CHECK(set("readonly"));
  CHECK(set("org.example:owner"));
  CHECK(denied(site, set("compression")));
  // Not even where a policy says so.
  const std::vector<std::string> never{
      "mountpoint",  "canmount", "exec",      "setuid",     "devices", "sharenfs",
      "sharesmb",    "overlay",  "zoned",     "jailed",     "volmode", "snapdev",
      "keylocation", "origin",   "keyformat", "encryption", "context", "zrepl:placeholder",
      "zrepl:x",     "-F",       ""};
  site.rights.properties = never;
  for (const std::string& property : never)
    CHECK_MESSAGE(denied(site, set(property.c_str())), property);
}

// The head of a stream as `zfs send` writes it.
std::vector<std::byte> head(std::uint64_t kind, std::uint32_t flags, bool big_endian) {
  std::vector<std::byte> bytes(312);
  const auto put = [&](std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes[big_endian ? at + size - 1 - i : at + i] = static_cast<std::byte>(value >> 8 * i);
    }
  };
  put(8, 0x2F5bacbac, 8);
  put(16, kind | 0x1234 << 2, 8);
  put(36, flags, 4);
  return bytes;
}

Result<void> receive(const ClientSite& site, std::span<const std::byte> stream, std::size_t piece,
                     bool clone, std::size_t& arrived) {
  auto owned = std::make_unique<Recorder>();
  const Recorder& inner = *owned;
  const auto zfs = site.client(std::move(owned));
  ReceiveRequest request{name("tank/db"), false, false, {}, {}};
  if (clone) request.clone_of = CloneOrigin{name("tank/a"), snapshot("1")};
  const auto receiving = *zfs->receive(request);
  CHECK(receiving->fd() == -1);
  Result<void> result;
  while (result && !stream.empty()) {
    const auto now = stream.first(std::min(piece, stream.size()));
    result = receiving->write(now);
    stream = stream.subspan(now.size());
  }
  if (result && arrived == 0) CHECK((receiving->fd() == 99) == (inner.bytes >= stream_head_bytes));
  if (result) result = receiving->finish();
  if (!result) CHECK(!receiving->write(head(1, 0, false)));
  arrived = inner.bytes;
  return result;
}

TEST_CASE("a sink takes streams of one snapshot, and no packages") {
  const ClientSite site = sink();
  for (const bool big_endian : {false, true}) {
    for (const std::size_t piece : {1U, 7U, 39U, 40U, 41U, 1000U}) {
      std::size_t arrived = 0;
      CHECK(receive(site, head(1, 0, big_endian), piece, false, arrived));
      CHECK(arrived == 312);
      for (const std::uint64_t kind : {0U, 2U, 3U}) {
        CHECK(denied(site, receive(site, head(kind, 0, big_endian), piece, true, arrived)));
        CHECK(arrived == 0);
      }
      CHECK(denied(site, receive(site, head(1, 1, big_endian), piece, false, arrived)));
      CHECK(arrived == 0);
      CHECK(receive(site, head(1, 1, big_endian), piece, true, arrived));
      CHECK(receive(site, head(1, 4, big_endian), piece, false, arrived));
      const auto shorter = head(1, 0, big_endian);
      CHECK(receive(site, std::span(shorter).first(20), piece, false, arrived));
      CHECK(arrived == 20);
    }
  }
}

// ---- pulling through an ACL ---------------------------------------------------------------------

constexpr const char* archive =
    "lab: tank guid=11\n"
    "vault: fast guid=1\n"
    "vault: fast/pub guid=2 @1+40000 @2+40000 #old=1\n"
    "vault: fast/pub/clone guid=3 origin=fast/pub@1 @c+5000\n"
    "vault: fast/crypt guid=4 encrypted @e+40000\n"
    "vault: fast/secret guid=5 @s+40000\n"
    "vault: fast/leaf guid=6 origin=fast/secret@s @l+5000\n";

ClientSite acl() { return {archive, "", "fast/pub< -> ok; fast/crypt -> ok; fast/leaf -> ok"}; }

Result<void> pull(const ClientSite& site, const SendRequest& request, const char* target,
                  std::size_t most = ~0U) {
  const auto zfs = site.client();
  auto sending = zfs->send(request);
  if (!sending) return sending.error();
  const bool resuming = std::holds_alternative<Resume>(request);
  auto receiving = site.open(lab)->receive({name(target), false, resuming, {}, {}});
  if (!receiving) return receiving.error();
  return ClientSite::pump(**sending, **receiving, most);
}

std::string pulled(std::string_view version) {
  return Cursor{SiteName("office"), {JobKind::pull, "home"}, version_guid(version)}.str();
}

TEST_CASE("a client pulls what it may see, and moves its cursors on") {
  const ClientSite site = acl();
  REQUIRE(pull(site, full("fast/pub", "1"), "tank/pub"));
  REQUIRE(site.apply(CreateBookmark{name("fast/pub"), snapshot("1"), pulled("1")}));
  REQUIRE(pull(site, incremental("fast/pub", "1", "2"), "tank/pub"));
  REQUIRE(site.apply(CreateBookmark{name("fast/pub"), snapshot("2"), pulled("2")}));
  const VersionRef old{VersionKind::bookmark, pulled("1"), version_guid("1")};
  REQUIRE(site.apply(DestroyVersion{name("fast/pub"), old}));
  REQUIRE(site.apply(DestroyVersion{name("fast/pub"), old}));  // already so
  CHECK(site.apply(PlaceHold{name("fast/pub"), snapshot("2"), "zrepl:office:pull.home"}));
  CHECK(site.apply(ReleaseHold{name("fast/pub"), snapshot("2"), "zrepl:office:pull.home"}));
  Send send = full("fast/pub/clone", "c");
  send.from = snapshot("1");
  send.clone_of = name("fast/pub");
  CHECK(site.client()->send(send));
  CHECK(site.denials.empty());
}

TEST_CASE("a pull that was cut is resumed by its token") {
  const ClientSite site = acl();
  REQUIRE(pull(site, full("fast/pub", "1"), "tank/pub", 20000));
  const Resume resume{name("fast/pub"), *site.at(lab, "tank/pub").resume_token, {}, snapshot("1")};
  REQUIRE(pull(site, resume, "tank/pub"));
  CHECK(site.at(lab, "tank/pub").versions.size() == 1);
  CHECK(site.denials.empty());
}

TEST_CASE("what is encrypted leaves as it is, or not at all") {
  const ClientSite site = acl();
  Send send = full("fast/crypt", "e");
  CHECK(denied(site, site.client()->send(send)));
  send.raw = true;
  CHECK(pull(site, send, "tank/crypt", 20000));
  DecodedToken token = *decode(*site.at(lab, "tank/crypt").resume_token);
  Resume resume{name("fast/crypt"), encode(token), {}, snapshot("e")};
  CHECK(site.client()->send(resume));
  token.raw = false;
  resume.token = encode(token);
  CHECK(denied(site, site.client()->send(resume)));
}

TEST_CASE("a base that the client may not see is none for it") {
  const ClientSite site = acl();
  Send send = full("fast/leaf", "l");
  send.from = snapshot("s");
  send.clone_of = name("fast/secret");
  CHECK(denied(site, site.client()->send(send)));
  DecodedToken token;
  token.toname = "fast/leaf@l";
  token.toguid = version_guid("l");
  token.fromguid = version_guid("s");
  CHECK(!site.client()->send(Resume{name("fast/leaf"), encode(token), {}, snapshot("l")}));
  CHECK(site.denials.size() == 1);
}

TEST_CASE("a snapshot that is gone means to plan again") {
  const ClientSite site = acl();
  const auto gone = site.client()->send(full("fast/pub", "7"));
  REQUIRE(!gone);
  CHECK(gone.error().remedy == Remedy::replan);
  const auto never = site.client()->send(full("fast/pub/none", "7"));
  REQUIRE(!never);
  CHECK(never.error().remedy == Remedy::replan);
  CHECK(site.denials.empty());
}

}  // namespace
}  // namespace zr
