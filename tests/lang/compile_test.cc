#include "lang/compile.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>
#include <set>

#include "lang/canonical.h"
#include "lang/digest.h"
#include "tests/lang/site.h"
#include "tests/support/policy_text.h"

using namespace zr;

namespace {

struct Block {
  std::string head;
  std::vector<std::string> lines;
};

const std::vector<Block> office{
    {"site office", {}},
    {"host nas",
     {"transport local", "slots 4", "zfs [\"sudo\", \"zfs\"]", "state \"/var/lib/zrepl\""}},
    {"host vault", {"transport sim \"vault.json\""}},
    {"rules all", {"tank< -> ok", "tank/tmp< -> omit", "tank/tmp/keep -> ok"}},
    {"retention long", {"keep yearly 10", "keep monthly 12"}},
    {"autosnap a", {"on nas", "datasets all", "prefix \"zrepl_\"", "every 15m"}},
    {"push p",
     {"to vault", "map { tank< -> backup; tank/tmp< -> omit }",
      "snapshots { prefix \"zrepl_\"; matching \"x$\" }", "initial all", "on_diverged rollback",
      "send { raw on; compressed on }",
      "receive { set canmount \"noauto\"; exclude mountpoint; exclude sharenfs }", "rate 80MiB/s"}},
    {"prune q",
     {"on nas", "datasets all", "snapshots { prefix \"zrepl_\" }",
      "keep grid 1x1h(keep=all) | 24x1h | 7x1d", "keep last 4", "keep long",
      "keep not_replicated"}},
    {"protect", {"on nas", "datasets { tank/legal< -> ok }"}},
    {"protect", {"on vault", "datasets { backup/legal< -> ok }", "snapshots any"}},
};

std::string write(const std::vector<Block>& blocks) {
  std::string text;
  for (const Block& block : blocks) {
    text += block.head;
    if (!block.lines.empty()) {
      text += " {\n";
      for (const std::string& line : block.lines) text += "  " + line + "\n";
      text += "}";
    }
    text += "\n";
  }
  return text;
}

std::string hash_of(const std::string& text) {
  const Site site = compile_site(text);
  INFO(site.rendered);
  REQUIRE(site.policy.has_value());
  return site.policy->hash;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the hash is SHA-256 in hex") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash_of("").size() == 64);
}

TEST_CASE("the order of blocks and lines changes neither the hash nor the order of the policy") {
  const Site site = compile_site(write(office));
  INFO(site.rendered);
  REQUIRE(site.policy.has_value());
  CHECK(rc::check("shuffled", [&] {
    std::mt19937 random(*rc::gen::arbitrary<unsigned>());
    auto blocks = office;
    std::shuffle(blocks.begin(), blocks.end(), random);
    for (Block& b : blocks) std::shuffle(b.lines.begin(), b.lines.end(), random);
    const Site shuffled = compile_site(write(blocks));
    RC_ASSERT(shuffled.policy.has_value());
    RC_ASSERT(shuffled.policy->hash == site.policy->hash);
    RC_ASSERT(canonical_text(*shuffled.policy) == canonical_text(*site.policy));
  }));
}

TEST_CASE("comments, blanks, quoting, naming of rules and other units leave the hash alone") {
  const std::string text = write(office);
  const std::string hash = hash_of(text);
  CHECK(hash_of("# a comment\n\n" + text) == hash);
  CHECK(hash_of(replaced(text, "tank< -> ok", "\"tank\"<->ok # all")) == hash);
  CHECK(hash_of(replaced(text, "every 15m", "every 900s")) == hash);
  CHECK(hash_of(replaced(text, "rate 80MiB/s", "rate 81920KiB/s")) == hash);
  CHECK(hash_of(replaced(text, "  to vault", "  to vault\n  from nas")) == hash);
  CHECK(hash_of(replaced(text, "24x1h | 7x1d", "24 x 60m|7x24h")) == hash);
  std::string renamed = replaced(text, "rules all", "rules every");
  renamed = replaced(renamed, "datasets all", "datasets every");
  CHECK(hash_of(replaced(renamed, "datasets all", "datasets every")) == hash);
  CHECK(compile_site(text, "elsewhere/other.zr").policy->hash == hash);
}

TEST_CASE("any change of meaning changes the hash") {
  const std::string text = replaced(write(office), "  to vault", "  to vault\n  from nas");
  std::set<std::string> hashes{hash_of(text)};
  const std::vector<std::pair<std::string, std::string>> edits{
      {"site office\n", "site home\n"},
      {"site office\n", ""},
      {"transport local", "transport command [\"x\"]"},
      {"slots 4", "slots 5"},
      {"\"sudo\", \"zfs\"", "\"sudo zfs\""},
      {"/var/lib/zrepl", "/srv"},
      {"vault.json", "v.json"},
      {"tank/tmp/keep -> ok", "tank/tmp/keep< -> ok"},
      {"tank/tmp/keep -> ok", "tank/tmp/keep -> omit"},
      {"keep yearly 10", "keep yearly 11"},
      {"autosnap a", "autosnap b"},
      {"prefix \"zrepl_\"", "prefix \"zrepl-\""},
      {"every 15m", "every 14m"},
      {"push p", "pull p"},
      {"  to vault\n", "  to nas\n"},
      {"tank< -> backup;", "tank< -> backup2;"},
      {"matching \"x$\"", "matching \"x\""},
      {"initial all", "initial fail"},
      {"on_diverged rollback", "on_diverged fail"},
      {"raw on", "raw off"},
      {"raw on; ", ""},
      {"compressed on", "compressed off"},
      {"\"noauto\"", "\"off\""},
      {"exclude sharenfs", "exclude sharesmb"},
      {"rate 80MiB/s", "rate 80MB/s"},
      {"  rate 80MiB/s\n", ""},
      {"keep=all", "keep=2"},
      {"24x1h", "25x1h"},
      {"keep last 4", "keep last 5"},
      {"  keep not_replicated\n", ""},
      {"tank/legal<", "tank/legal"},
      {"  snapshots any\n", "  snapshots { prefix \"z\" }\n"}};
  for (const auto& edit : edits) {
    CAPTURE(edit.first);
    CAPTURE(edit.second);
    hashes.insert(hash_of(replaced(text, edit.first, edit.second)));
  }
  CHECK(hashes.size() == edits.size() + 1);
}

TEST_CASE("a site without a name is called after its file") {
  CHECK(default_site_name("office.zr").value == "office");
  CHECK(default_site_name("/etc/zrepl/Office NAS.zr").value == "office_nas");
  CHECK(default_site_name("a.b.zr").value == "a_b");
  CHECK(default_site_name("1.zr").value == "site_1");
  CHECK(default_site_name("-").value == "site_-");
  CHECK(default_site_name("").value == "site_");
  CHECK(default_site_name(".zr").value == "site__zr");
  for (const char* file : {"office.zr", "-", "", "\xC3\xA4.zr", "dir/", "..."}) {
    CHECK(is_identifier(default_site_name(file).value));
  }
  CHECK(is_identifier(default_site_name(std::string(300, 'x') + ".zr").value));
  CHECK_FALSE(compile_site("", "office.zr").policy->site_declared);
  CHECK(compile_site("site nas", "office.zr").policy->site.value == "nas");
  CHECK(compile_site("site nas", "office.zr").policy->site_declared);
}

TEST_CASE("a push starts at the one local host, a pull ends there") {
  const std::string hosts = "host nas { transport local }\nhost vault { transport sim \"v\" }\n";
  const Site site = compile_site(
      hosts + "push p { to vault; map { a -> b } }\npull q { from vault; map { c -> d } }\n");
  REQUIRE(site.policy);
  CHECK(site.policy->replications[0].from.value == "nas");
  CHECK(site.policy->replications[1].to.value == "nas");
  CHECK(compile_site(hosts + "push p { from nas; map { a -> b } }\n").codes() ==
        std::vector<std::string>{"ZR1104"});
}

TEST_CASE("a policy remembers where everything was written") {
  const Site site = compile_site(write(office), "etc/office.zr");
  REQUIRE(site.policy);
  const Policy& policy = *site.policy;
  CHECK(policy.file == "etc/office.zr");
  CHECK(policy.find_host(HostName("nas"))->origin == Origin{"etc/office.zr", 2});
  CHECK(policy.find_host(HostName("tape")) == nullptr);
  CHECK(policy.autosnaps[0].datasets.find(*DatasetName::parse("tank/x"))->origin.line == 12);
  for (const Keep& keep : policy.prunes[0].keeps) CHECK(keep.origin.line > 0);
  CHECK(policy.jobs().size() == 3);
  CHECK(policy.acts_on(*JobId::parse("prune.q")));
}

TEST_CASE("a snapshot is protected where a block of its host takes both its dataset and its name") {
  auto blocks = office;
  blocks.push_back({"protect", {"on vault", "datasets { backup/legal -> ok }", "snapshots any"}});
  blocks.push_back(
      {"protect", {"on nas", "datasets { tank/db -> ok }", "snapshots { prefix \"k_\" }"}});
  const Site site = compile_site(write(blocks));
  REQUIRE(site.policy);
  const auto is_protected = [&](const char* host, const char* dataset, const char* snapshot) {
    return site.policy->protects_snapshot(HostName(host), *DatasetName::parse(dataset), snapshot);
  };
  CHECK(is_protected("nas", "tank/legal/a", "x"));
  CHECK_FALSE(is_protected("vault", "tank/legal/a", "x"));
  CHECK_FALSE(is_protected("nas", "tank/other", "x"));
  CHECK(is_protected("nas", "tank/db", "k_1"));
  CHECK_FALSE(is_protected("nas", "tank/db", "x"));
  CHECK(is_protected("vault", "backup/legal", "x"));
}

TEST_CASE(
    "keeps and filters come in one order, so that reasons do not depend on the order of lines") {
  const Site site = compile_site(write(office));
  REQUIRE(site.policy);
  std::vector<std::string> keeps;
  for (const Keep& keep : site.policy->prunes[0].keeps) keeps.push_back(keep.str());
  CHECK(keeps == std::vector<std::string>{"grid 1x1h(keep=all) | 24x1h | 7x1d", "monthly 12",
                                          "yearly 10", "last 4", "not_replicated"});
}

TEST_CASE("the tour of the reference compiles") {
  const std::string page = read_text(std::string(ZREPL_SOURCE_DIR) + "/lang/README.md");
  const std::size_t begin = page.find("```\n# The office NAS") + 4;
  const Site site = compile_site(page.substr(begin, page.find("```", begin) - begin));
  CHECK(site.rendered == "");
  CHECK(site.policy.has_value());
}
