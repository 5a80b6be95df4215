#include "executor/serve/client_view.h"

#include <doctest/doctest.h>

#include "executor/serve/client_words.h"
#include "tests/executor/client_site.h"

namespace zr {
namespace {

constexpr const char* shared_pool =
    "vault: fast guid=1\n"
    "vault: fast/office guid=2 placeholder\n"
    "vault: fast/office/db guid=3 @1 @2!zrepl:office:push.home!legal\n"
    "vault: fast/office/db/log guid=4 @1\n"
    "vault: fast/office2 guid=5 @1\n"
    "vault: fast/officeless guid=6 @1\n"
    "vault: fast/other guid=7 @3\n"
    "vault: fast/other/db guid=8 @3\n"
    "vault: slow guid=9\n";

TEST_CASE("a client sees its own part of a host, in its own names") {
  const ClientSite site(shared_pool, "tank< -> fast/office");
  CHECK(site.seen() == canonical("vault: tank guid=2 placeholder\n"
                                 "vault: tank/db guid=3 @1 @2!zrepl:office:push.home\n"
                                 "vault: tank/db/log guid=4 @1\n"));
  CHECK(site.seen({false, {}, {name("tank/db")}}) ==
        canonical("vault: tank/db guid=3 @1 @2!zrepl:office:push.home\n"));
  CHECK(site.seen({false, {name("tank/db/log")}, {}}) ==
        canonical("vault: tank/db/log guid=4 @1\n"));
  CHECK(site.seen({false, {name("tank/db/new")}, {}, false, {name("tank/db"), name("tank")}}) ==
        canonical("vault: tank guid=2 placeholder\nvault: tank/db guid=3\n"));
  // The names of this host say nothing to it.
  for (const char* root : {"fast", "fast/office", "fast/office/db", "fast/other", "slow"}) {
    CHECK(site.seen({false, {name(root)}, {name(root)}}) == canonical("vault:\n"));
  }
}

TEST_CASE("what is above the names of a sink looks like a placeholder") {
  const ClientSite site(shared_pool, "tank/prod/db< -> fast/office/db");
  CHECK(site.seen() == canonical("vault: tank placeholder\n"
                                 "vault: tank/prod placeholder\n"
                                 "vault: tank/prod/db guid=3 @1 @2!zrepl:office:push.home\n"
                                 "vault: tank/prod/db/log guid=4 @1\n"));
  CHECK(site.seen({false, {}, {name("tank")}}) == canonical("vault: tank placeholder\n"));
  Roots missing{false, {name("tank/prod/db")}, {}, false, {name("tank"), name("tank/prod")}};
  CHECK(site.seen(missing).find("placeholder") == std::string::npos);
  missing.trees = {name("tank/prod/db/new")};
  CHECK(site.seen(missing) == canonical("vault: tank placeholder\nvault: tank/prod placeholder\n"));
  for (const char* way : {"tank", "tank/prod"}) {
    CHECK(denied(site, site.apply(CreatePlaceholder{name(way)})));
    CHECK(denied(site, site.client()->receive({name(way), true, false, {}, {}})));
  }
  Roots versions{false, {}, {name("tank"), name("tank/prod/db")}};
  versions.versions_only = true;
  CHECK(site.seen(versions) ==
        canonical("vault: tank/prod/db guid=3 @1 @2!zrepl:office:push.home\n"));
}

TEST_CASE("what the map omits, or sends elsewhere, is not seen where it would have been") {
  const ClientSite site(shared_pool,
                        "tank< -> fast/office; tank/db/log -> omit; tank/x< -> fast/other");
  CHECK(site.seen() == canonical("vault: tank guid=2 placeholder\n"
                                 "vault: tank/db guid=3 @1 @2!zrepl:office:push.home\n"
                                 "vault: tank/x guid=7 @3\n"
                                 "vault: tank/x/db guid=8 @3\n"));
}

TEST_CASE("a target that two names lead to has none") {
  const ClientSite site(shared_pool, "a -> fast/other; b -> fast/other; c -> fast/office2");
  CHECK(site.seen() == canonical("vault: c guid=5 @1\n"));
}

TEST_CASE("a rule that drops the pool is reversed among the pools that are asked about") {
  const ClientSite site(shared_pool, "< -> fast/office");
  CHECK(site.seen({false, {name("tank/db")}, {}}) ==
        canonical("vault: tank/db guid=3 @1 @2!zrepl:office:push.home\n"
                  "vault: tank/db/log guid=4 @1\n"));
  CHECK(site.seen({false, {name("tank/db/log"), name("data/db/log")}, {}}) ==
        canonical("vault:\n"));
  CHECK(site.seen() == canonical("vault:\n"));
}

TEST_CASE("an ACL shows what it takes, as it is called here") {
  const ClientSite site(shared_pool, "",
                        "fast/other< -> ok; fast/other/db -> omit; fast/office2 -> ok");
  CHECK(site.seen() == canonical("vault: fast/office2 guid=5 @1\nvault: fast/other guid=7 @3\n"));
  CHECK(site.seen({false, {name("fast")}, {}}) == site.seen());
  CHECK(site.seen({false, {name("fast/other/db")}, {name("fast/other/db")}}) ==
        canonical("vault:\n"));
  CHECK(site.seen({false, {}, {name("fast/officeless"), name("fast/other")}}) ==
        canonical("vault: fast/other guid=7 @3\n"));
}

TEST_CASE("this host's own pushes leave no marks on what a client pulls") {
  const ClientSite site(
      "vault: tank guid=1 "
      "#zrepl:office:push.away:0000000000000001 #zrepl:office:pull.home:0000000000000001 #mine "
      "@1!zrepl:office:push.away!zrepl:office:pull.home\n",
      "", "tank -> ok");
  CHECK(site.seen() ==
        canonical("vault: tank guid=1 #zrepl:office:pull.home:0000000000000001 #mine "
                  "@1!zrepl:office:pull.home\n"));
}

TEST_CASE("an ACL of everything shows all that it does not omit") {
  const ClientSite site(shared_pool, "", "< -> ok; fast/office< -> omit; fast/other< -> omit");
  CHECK(site.seen() == canonical("vault: fast guid=1\n"
                                 "vault: fast/office2 guid=5 @1\n"
                                 "vault: fast/officeless guid=6 @1\n"
                                 "vault: slow guid=9\n"));
}

TEST_CASE("with both, a name that the sink takes is the sink's") {
  const ClientSite site(shared_pool, "fast/other< -> fast/office", "fast< -> ok");
  const Inventory seen = *site.client()->list({true, {}, {}});
  CHECK(seen.find(name("fast/other"))->guid == Guid(2));
  CHECK(seen.find(name("fast/other/db"))->guid == Guid(3));
  CHECK(seen.find(name("fast/office2"))->guid == Guid(5));
  CHECK(seen.find(name("fast/office"))->guid == Guid(2));
}

TEST_CASE("origins, clones and encryption roots outside are not named") {
  const ClientSite site(
      "vault: fast guid=1 encrypted\n"
      "vault: fast/master guid=2 @1&fast/office/a&fast/secret\n"
      "vault: fast/office guid=3 encrypted=fast @5&fast/office/b&fast/secret2&fast/office/b/%recv\n"
      "vault: fast/office/a guid=4 origin=fast/master@1 encrypted=fast @2\n"
      "vault: fast/office/b guid=5 origin=fast/office@5 encrypted=fast/office/b @3\n",
      "tank< -> fast/office");
  CHECK(site.seen() == canonical("vault: tank guid=3 encrypted @5&tank/b&tank/b/%recv\n"
                                 "vault: tank/a guid=4 encrypted @2\n"
                                 "vault: tank/b guid=5 origin=tank@5 encrypted @3\n"));
}

TEST_CASE("a client that pulls does not see what is being received") {
  const ClientSite site("vault: fast guid=1\nvault: fast/db guid=2 @1 partial=1>2\n", "",
                        "fast/db -> ok");
  CHECK(site.seen() == canonical("vault: fast/db guid=2 @1\n"));
}

// ---- messages -----------------------------------------------------------------------------------

std::string in_words(std::string_view message) {
  const auto shown_as = [](const DatasetName& n) -> std::optional<DatasetName> {
    if (n.is_within(name("fast/office"))) return name("tank").append(n.below(name("fast/office")));
    return std::nullopt;
  };
  return in_clients_words(message, shown_as, {"fast"});
}

TEST_CASE("messages have the client's names, and no others") {
  CHECK(in_words("cannot hold 'fast/office/db@a': dataset does not exist; plan again") ==
        "cannot hold 'tank/db@a': dataset does not exist; plan again");
  CHECK(in_words("`zfs receive -s -o origin=fast/office/a@b fast/office/c` failed with status 1") ==
        "`zfs receive -s -o origin=tank/a@b tank/c` failed with status 1");
  CHECK(in_words("it's held; 'fast/office/a b@c' has the clone fast/secret/x.") ==
        "it's held; 'tank/a b@c' has the clone (a dataset of this host).");
  CHECK(in_words("fast/office/db/%recv is one: resume it") == "tank/db/%recv is one: resume it");
  CHECK(in_words("run zfs load-key fast") == "run zfs load-key (a dataset of this host)");
  CHECK(in_words("cannot open 'fast/a secret name': no") ==
        "cannot open '(a dataset of this host)': no");
  CHECK(in_words("slow@1, slow#2") == "(a dataset of this host), (a dataset of this host)");
  CHECK(in_words("load the module with `modprobe zfs`, see /dev/zfs") ==
        "load the module with `modprobe zfs`, see /dev/zfs");
  for (const char* odd : {"", "'", "''", "'fast/", "a'b'c", "\xff\xfe'\x01"}) {
    CHECK(in_words(odd).find("fast/") ==
          (std::string_view(odd) == "'fast/" ? 1 : std::string::npos));
  }
}

}  // namespace
}  // namespace zr
