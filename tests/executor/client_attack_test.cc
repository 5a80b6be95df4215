// A client with bad intentions: every call on every name that it should not reach.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "planner/resume_token.h"
#include "tests/executor/client_site.h"

namespace zr {
namespace {

// `office` has a sink, an ACL, and neighbours whose names begin as its own do.
constexpr const char* crowded =
    "lab: tank guid=101\n"
    "lab: tank/db guid=102 @1+9000 @2+9000\n"
    "vault: fast guid=1 @p+100\n"
    "vault: fast/office guid=2 placeholder\n"
    "vault: fast/office/db guid=3 @1+9000!zrepl:office:push.home "
    "#zrepl:office:push.home:0000000000000001 partial=1>2\n"
    "vault: fast/office/private guid=4 @1+9000\n"
    "vault: fast/office/private/deep guid=5 @1+9000\n"
    "vault: fast/office2 guid=6 @1+9000!zrepl:office2:push.home\n"
    "vault: fast/officer guid=7 placeholder\n"
    "vault: fast/pub guid=8 @1+9000 @2+9000 #zrepl:office:pull.home:0000000000000001\n"
    "vault: fast/pub/secret guid=9 @1+9000\n"
    "vault: fast/public guid=10 @1+9000 #zrepl:office:pull.home:0000000000000001\n"
    "vault: slow guid=11 @1+9000\n"
    "vault: slow/office guid=12 @1+9000\n"
    "vault: slow/office/db guid=13 @1+9000 partial=1>2\n";

ClientSite crowded_site() {
  return {crowded, "tank< -> fast/office; tank/private< -> omit",
          "fast/pub< -> ok; fast/pub/secret< -> omit"};
}

const std::string hold = "zrepl:office:pull.home";
const std::string cursor = "zrepl:office:pull.home:0000000000000001";

struct Attempt {
  std::string what;
  std::function<Result<void>(Zfs&, const DatasetName&)> on;
};

Attempt change(std::string what, std::function<Change(const DatasetName&)> make) {
  return {std::move(what), [make](Zfs& zfs, const DatasetName& n) {
            const std::vector<Change> one{make(n)};
            return zfs.apply(one);
          }};
}
Attempt sent(std::string what, std::function<SendRequest(const DatasetName&)> make) {
  return {std::move(what), [make](Zfs& zfs, const DatasetName& n) -> Result<void> {
            const auto stream = zfs.send(make(n));
            return stream ? Result<void>() : stream.error();
          }};
}
Attempt received(std::string what, std::function<ReceiveRequest(const DatasetName&)> make) {
  return {std::move(what), [make](Zfs& zfs, const DatasetName& n) -> Result<void> {
            const auto stream = zfs.receive(make(n));
            return stream ? Result<void>() : stream.error();
          }};
}

ResumeToken token_of(const std::string& toname, std::string_view to, bool raw = false) {
  DecodedToken token;
  token.toname = toname;
  token.toguid = version_guid(to);
  token.raw = raw;
  return encode(token);
}

// Every kind of call, each of which would be fine on a name of the client's.
std::vector<Attempt> all_calls() {
  return {
      change("create", [](auto& n) { return CreatePlaceholder{n}; }),
      change("snapshot",
             [](auto& n) {
               return TakeSnapshot{n, "x"};
             }),
      change("bookmark",
             [](auto& n) {
               return CreateBookmark{n, snapshot("1"), cursor};
             }),
      change("hold",
             [](auto& n) {
               return PlaceHold{n, snapshot("1"), hold};
             }),
      change("release",
             [](auto& n) {
               return ReleaseHold{n, snapshot("1"), hold};
             }),
      change("rollback",
             [](auto& n) {
               return Rollback{n, snapshot("1"), {snapshot("2")}};
             }),
      change("destroy",
             [](auto& n) {
               return DestroyVersion{n, snapshot("1")};
             }),
      change("destroy a cursor",
             [](auto& n) {
               return DestroyVersion{n, {VersionKind::bookmark, cursor, version_guid("1")}};
             }),
      change("abort",
             [](auto& n) {
               return AbortReceive{n, token_of("tank/db@2", "2")};
             }),
      change("rename",
             [](auto& n) {
               return RenameDataset{n, name("tank/mine"), Guid(6)};
             }),
      sent("send",
           [](auto& n) {
             return Send{n, {}, snapshot("1")};
           }),
      sent("send -i",
           [](auto& n) {
             return Send{n, snapshot("1"), snapshot("2")};
           }),
      sent("send -t",
           [](auto& n) {
             return Resume{n, token_of(n.str() + "@1", "1"), {}, snapshot("1")};
           }),
      received("recv",
               [](auto& n) {
                 return ReceiveRequest{n, false, false, {}, {}};
               }),
      received("recv -F",
               [](auto& n) {
                 return ReceiveRequest{n, true, false, {}, {}};
               }),
      received("recv -t",
               [](auto& n) {
                 return ReceiveRequest{n, false, true, {}, {}};
               }),
  };
}

std::vector<DatasetName> out_of_reach() {
  std::vector<DatasetName> all;
  for (const char* text : {"fast",
                           "fast/office",
                           "fast/office/db",
                           "fast/office/new",  // the way it is here
                           "fast/office2",
                           "fast/officer",
                           "fast/officer/x",
                           "fast/other",  // beside it
                           "tank/private",
                           "tank/private/deep",
                           "tank/private/new",  // omitted
                           "fast/pub/secret",
                           "fast/pub/secret/x",
                           "fast/public",
                           "fast/publi",
                           "fast/pu",
                           "slow",
                           "slow/office",
                           "slow/office/db",
                           "none",
                           "none/x",  // other pools
                           "tank2",
                           "tan",
                           "Tank/db",
                           "TANK",
                           "tank-/db",
                           "tank:/db",
                           "tank.",
                           "tank /db",
                           "t/ank",
                           "fast/Pub",
                           "fast/pub-",
                           "fast/pub /x",
                           "fast /pub"}) {
    all.push_back(name(text));
  }
  all.push_back(name("slow").append(std::string(4000, 'x')));
  return all;
}

TEST_CASE("no call reaches a name that was not granted, and none says whether it exists") {
  const ClientSite site = crowded_site();
  const std::string before = site.text();
  const auto zfs = site.client();
  std::set<std::string> shapes;
  for (const Attempt& attempt : all_calls()) {
    std::set<std::string> answers;
    for (const DatasetName& target : out_of_reach()) {
      CAPTURE(attempt.what);
      CAPTURE(target.str());
      const auto result = attempt.on(*zfs, target);
      REQUIRE(denied(site, result));
      std::string text = result.error().message;
      const std::string shown = target.str().substr(0, 250);
      const auto at = text.find(shown);
      REQUIRE(at != text.npos);
      text = text.substr(0, at) + text.substr(text.rfind("': "));
      answers.insert(text);
    }
    CHECK_MESSAGE(answers.size() == 1, attempt.what);
  }
  CHECK(site.text() == before);
}

TEST_CASE("spellings that no name has are no names") {
  using namespace std::string_literals;
  for (const std::string& text : {"tank/db/"s,
                                  "/tank/db"s,
                                  "tank//db"s,
                                  "tank/./db"s,
                                  "tank/../slow"s,
                                  "tank/.."s,
                                  ".."s,
                                  "tank/db\0"s,
                                  "tank\0/db"s,
                                  "tank/db@1"s,
                                  "tank/db#1"s,
                                  "tank/%recv"s,
                                  "tank/db\n"s,
                                  "tank/d\xd0\xb1"s,
                                  "t\xd0\xb0nk/db"s,
                                  "tank\xef\xbc\x8f"
                                  "db"s,
                                  "tank/\xe2\x80\x8b"
                                  "db"s,
                                  "tank\\db"s,
                                  "-tank"s,
                                  "tank/*"s,
                                  "tank/$x"s,
                                  std::string(5000, 'a'),
                                  ""s,
                                  "/"s}) {
    CHECK_MESSAGE(!DatasetName::parse(text), text);
  }
}

TEST_CASE("in a sink a client destroys, renames and sends nothing, its own neither") {
  const ClientSite site = crowded_site();
  const std::string before = site.text();
  const auto zfs = site.client();
  const std::set<std::string> granted{"create", "bookmark", "hold",    "release",
                                      "abort",  "recv",     "recv -F", "recv -t"};
  for (const Attempt& attempt : all_calls()) {
    if (granted.contains(attempt.what)) continue;
    CHECK_MESSAGE(denied(site, attempt.on(*zfs, name("tank/db"))), attempt.what);
    CHECK_MESSAGE(denied(site, attempt.on(*zfs, name("tank"))), attempt.what);
  }
  CHECK(site.text() == before);
}

TEST_CASE("through an ACL a client changes nothing but its marks") {
  const ClientSite site = crowded_site();
  const std::string before = site.text();
  const auto zfs = site.client();
  const std::set<std::string> granted{"bookmark", "hold",    "release", "destroy a cursor",
                                      "send",     "send -i", "send -t"};
  for (const Attempt& attempt : all_calls()) {
    if (granted.contains(attempt.what)) continue;
    CHECK_MESSAGE(denied(site, attempt.on(*zfs, name("fast/pub"))), attempt.what);
  }
  CHECK(site.text() == before);
}

TEST_CASE("one name that is not granted stops the whole call") {
  const ClientSite site = crowded_site();
  const std::string before = site.text();
  const std::vector<Change> changes{CreatePlaceholder{name("tank/new")},
                                    PlaceHold{name("tank/db"), snapshot("1"), hold + "2"},
                                    DestroyVersion{name("fast/office2"), snapshot("1")}};
  CHECK(denied(site, site.client()->apply(changes)));
  CHECK(site.text() == before);
}

TEST_CASE("other names in a request are judged as the first is") {
  const ClientSite site = crowded_site();
  const auto zfs = site.client();
  for (const char* other : {"fast/office2", "fast/pub/secret", "tank/db", "tank/private", "slow"}) {
    Send clone{name("fast/pub"), snapshot("1"), snapshot("2")};
    clone.clone_of = name(other);
    CHECK(denied(site, zfs->send(clone)));
  }
  for (const char* other : {"fast/office", "fast/office2", "fast/pub", "tank/private", "slow"}) {
    ReceiveRequest request{name("tank/new"), false, false, {}, {}};
    request.clone_of = CloneOrigin{name(other), snapshot("1")};
    CHECK(denied(site, zfs->receive(request)));
  }
}

TEST_CASE("foreign tags and names of marks are none of a client's") {
  const ClientSite site = crowded_site();
  const std::string before = site.text();
  for (const char* tag :
       {"keep", "zrepl", "zrepl:", "zrepl:office", "zrepl:office:home", "zrepl:office:prune.home",
        "zrepl:office:autosnap.home", "zrepl:Office:push.home", "zrepl:office:push.home ",
        " zrepl:office:push.home", "zrepl:office:push.home\n", ".zrepl", "-r", "",
        "zrepl:office:push.", "zrepl:office:push.home:0000000000000001"}) {
    CAPTURE(tag);
    for (const char* dataset : {"tank/db", "fast/pub"}) {
      CHECK(denied(site, site.apply(PlaceHold{name(dataset), snapshot("1"), tag})));
      CHECK(denied(site, site.apply(ReleaseHold{name(dataset), snapshot("1"), tag})));
    }
  }
  for (const char* mark :
       {"base", "", "zrepl:office:push.home", "zrepl:office:push.home:0000000000000002",
        "zrepl:office:push.home:1", "zrepl:office:push.home:000000000000000A",
        "zrepl:office:prune.home:0000000000000001", "x/y", "a,b", "a%b", "-r"}) {
    CAPTURE(mark);
    CHECK(denied(site, site.apply(CreateBookmark{name("tank/db"), snapshot("1"), mark})));
    const VersionRef version{VersionKind::bookmark, mark, version_guid("1")};
    CHECK(denied(site, site.apply(DestroyVersion{name("fast/pub"), version})));
  }
  CHECK(site.text() == before);
}

TEST_CASE("what this host pushes elsewhere keeps its marks from who pulls") {
  const ClientSite site = crowded_site();
  const std::string pushes = "zrepl:home:push.offsite";
  const std::string its_cursor = pushes + ":0000000000000001";
  const VersionRef version{VersionKind::bookmark, its_cursor, version_guid("1")};
  CHECK(denied(site, site.apply(DestroyVersion{name("fast/pub"), version})));
  CHECK(denied(site, site.apply(CreateBookmark{name("fast/pub"), snapshot("1"), its_cursor})));
  CHECK(denied(site, site.apply(PlaceHold{name("fast/pub"), snapshot("1"), pushes})));
  CHECK(denied(site, site.apply(ReleaseHold{name("fast/pub"), snapshot("1"), pushes})));
  CHECK(site.apply(PlaceHold{name("tank/db"), snapshot("1"), "zrepl:office:push.home"}));
}

TEST_CASE("a version is named exactly, with its guid") {
  const ClientSite site = crowded_site();
  const auto zfs = site.client();
  std::vector<VersionRef> odd{snapshot("1"), snapshot("1"), bookmark("1")};
  odd[0].guid.reset();
  odd[1].guid = Guid();
  for (const char* text : {"1%2", "%", "1,2", "1@2", "", "..", "a/b", "1\n"}) {
    odd.push_back({VersionKind::snapshot, text, version_guid("1")});
  }
  for (const VersionRef& version : odd) {
    CAPTURE(version.str());
    CHECK(denied(site, site.apply(PlaceHold{name("tank/db"), version, hold})));
    CHECK(denied(site, site.apply(ReleaseHold{name("tank/db"), version, hold})));
    CHECK(denied(site, zfs->send(Send{name("fast/pub"), {}, version})));
    if (version.kind == VersionKind::bookmark) continue;
    CHECK(denied(site, zfs->send(Send{name("fast/pub"), version, snapshot("2")})));
    CHECK(denied(site, site.apply(CreateBookmark{name("tank/db"), version, cursor})));
  }
}

TEST_CASE("a hold of another time or another snapshot is not taken for this one") {
  const ClientSite site = crowded_site();
  const std::string before = site.text();
  VersionRef replayed = snapshot("1");
  replayed.guid = Guid(77);
  for (const Change& change : std::vector<Change>{PlaceHold{name("tank/db"), replayed, hold},
                                                  ReleaseHold{name("tank/db"), replayed, hold}}) {
    const auto result = site.apply(change);
    REQUIRE(!result);
    CHECK(result.error().remedy == Remedy::replan);
  }
  CHECK(site.text() == before);
}

// ---- tokens -------------------------------------------------------------------------------------

TEST_CASE("a token is denied that can't be read, or is of anything else than was asked for") {
  const ClientSite site = crowded_site();
  const auto zfs = site.client();
  const auto resumed = [&](const ResumeToken& token, const char* dataset = "fast/pub") {
    return zfs->send(Resume{name(dataset), token, {}, snapshot("1")});
  };
  CHECK(resumed(token_of("fast/pub@1", "1")));
  CHECK(resumed(token_of("fast/pub@renamed", "1")));
  for (const char* odd : {"", "-", "1-", "1-0-0-", "-t", "1-ff-ff-ff", "no token", "\x01"}) {
    CHECK(denied(site, resumed(ResumeToken(odd))));
  }
  const std::string good = token_of("fast/pub@1", "1").value;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string flipped = good;
    flipped[i] = flipped[i] == '0' ? '1' : '0';
    const auto result = resumed(ResumeToken(flipped));
    if (!result) continue;  // a digit's other spelling, or one that zlib does not look at
    CHECK(decode(ResumeToken(flipped)) == decode(ResumeToken(good)));
  }
  for (const char* toname :
       {"fast/public@1", "fast/pub/secret@1", "slow@1", "fast/pub", "fast/pub@", "@1", "",
        "fast/pub@1@2", "fast/pub@1/x", "fast/pub/@1", "fast/pub#1", " fast/pub@1"}) {
    CHECK_MESSAGE(denied(site, resumed(token_of(toname, "1"))), toname);
  }
  CHECK(denied(site, resumed(token_of("fast/pub@1", "2"))));
  CHECK(denied(site, resumed(token_of("fast/public@1", "1"), "fast/public")));
  CHECK(denied(site, resumed(token_of("tank/db@1", "1"), "tank/db")));
}

TEST_CASE("a token that names the dataset and means another one's snapshot sends nothing") {
  const ClientSite site(
      "vault: fast guid=1\n"
      "vault: fast/pub guid=2 @1+9000\n"
      "vault: fast/secret guid=3 @s+9000 @t+9000\n",
      "", "fast/pub -> ok");
  Resume forged{name("fast/pub"), token_of("fast/pub@s", "s"), {}, snapshot("s")};
  const auto foreign = site.client()->send(forged);
  REQUIRE(!foreign);
  forged.token = token_of("fast/pub@nowhere", "nowhere");
  forged.to = snapshot("nowhere");
  const auto nowhere = site.client()->send(forged);
  REQUIRE(!nowhere);
  CHECK(foreign.error().message == nowhere.error().message);
  CHECK(foreign.error().remedy == nowhere.error().remedy);
  DecodedToken based;
  based.toname = "fast/pub@1";
  based.toguid = version_guid("1");
  based.fromguid = version_guid("s");
  CHECK(!site.client()->send(Resume{name("fast/pub"), encode(based), {}, snapshot("1")}));
  CHECK(site.denials.size() == 3);
}

// Hands on what it is asked to send.
class Asked final : public Zfs {
 public:
  Asked(std::unique_ptr<Zfs> inner, std::vector<SendRequest>& requests)
      : inner_(std::move(inner)), requests_(requests) {}
  Result<Inventory> list(const Roots& roots) override { return inner_->list(roots); }
  Result<void> apply(std::span<const Change> changes) override { return inner_->apply(changes); }
  Result<std::unique_ptr<SendStream>> send(const SendRequest& request) override {
    requests_.push_back(request);
    return inner_->send(request);
  }
  Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest& request) override {
    return inner_->receive(request);
  }

 private:
  std::unique_ptr<Zfs> inner_;
  std::vector<SendRequest>& requests_;
};

TEST_CASE("zfs gets a token that says what was judged, and no other") {
  const ClientSite site = crowded_site();
  std::vector<SendRequest> requests;
  const auto zfs = site.client(std::make_unique<Asked>(site.open(vault), requests));
  const ResumeToken token = token_of("fast/pub@1", "1");
  std::string shouted = token.value;
  std::transform(shouted.begin() + 2, shouted.end(), shouted.begin() + 2,
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  REQUIRE(zfs->send(Resume{name("fast/pub"), ResumeToken(shouted), {}, snapshot("1")}));
  REQUIRE(requests.size() == 1);
  CHECK(std::get<Resume>(requests[0]).token == token);
}

}  // namespace
}  // namespace zr
