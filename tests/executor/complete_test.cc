#include "executor/commands/complete.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/policy_text.h"

namespace zr {
namespace {

constexpr const char* site = R"(site s
host nas { transport sim "w.json" }
host vault { transport sim "w.json" }
autosnap often { on nas; datasets { tank< -> ok }; prefix "zrepl_"; every 1h }
pull offsite { from nas; to vault; map { tank< -> backup/nas } }
prune nas { on nas; datasets { tank< -> ok }; snapshots any; keep last 4 }
sink office { on vault; map { < -> backup/office } }
)";

// The words that are offered; "…" when more follows them, "*.zr" for files.
std::string offered(const std::vector<std::string>& words) {
  const auto read = [](const std::string& path) -> std::optional<Policy> {
    if (path != "site.zr") return std::nullopt;
    return policy_from_text(site);
  };
  const Completion completion = complete(words, read);
  std::vector<std::string> shown;
  for (const Proposal& proposal : completion.proposals)
    shown.push_back(proposal.word + (completion.open ? "…" : ""));
  if (completion.files_ending) shown.push_back("*" + *completion.files_ending);
  return fmt::format("{}", fmt::join(shown, " "));
}

TEST_CASE("a command is completed by its beginning") {
  CHECK(offered({"pl"}) == "plan");
  CHECK(offered({"p"}) == "plan pause push pull prune");
  CHECK(offered({"--"}) == "--help --version");
  CHECK(offered({"nothing"}).empty());
  CHECK(offered({"nothing", ""}).empty());
  CHECK(offered({}) == offered({""}));
}

TEST_CASE("options are those of the command that were not given yet") {
  CHECK(offered({"check", "--"}) == "--format --deny --show-allowed --help");
  CHECK(offered({"check", "--show-allowed", "--format=json", "--"}) == "--deny --help");
  CHECK(offered({"fmt", "--c"}) == "--check");
  CHECK(offered({"plan", "site.zr", "--job", "pull.offsite", "--jo"}) == "--job");
  CHECK(offered({"fmt", "--", "--c"}) == "*.zr");
}

TEST_CASE("values are completed by what they are") {
  CHECK(offered({"check", ""}) == "*.zr");
  CHECK(offered({"fmt", "a.zr", ""}) == "*.zr");
  CHECK(offered({"check", "--format", ""}) == "text json sarif github");
  CHECK(offered({"check", "--format", "j"}) == "json");
  CHECK(offered({"check", "--format=s"}) == "--format=sarif");
  CHECK(offered({"plan", "site.zr", "--out", ""}) == "*");
  CHECK(offered({"apply", ""}) == "*");
  CHECK(offered({"doc", "std/t"}) == "std/topology *.zr");
  CHECK(offered({"explain", "ZR200"}).substr(0, 13) == "ZR2001 ZR2002");
  CHECK(offered({"completion", ""}) == "bash zsh fish");
  CHECK(offered({"man", "ob"}) == "observe");
  CHECK(offered({"plan", "site.zr", "--now", ""}).empty());
}

TEST_CASE("jobs and hosts are those of the site file on the line") {
  CHECK(offered({"plan", "site.zr", "--job", ""}) == "autosnap.often prune.nas pull.offsite");
  CHECK(offered({"plan", "site.zr", "--job=pu"}) == "--job=pull.offsite");
  CHECK(offered({"map", "site.zr", "sink"}) == "sink.office");
  CHECK(offered({"pull", "site.zr", ""}) == "offsite");
  CHECK(offered({"push", "site.zr", ""}).empty());
  CHECK(offered({"why", "site.zr", ""}) == "nas:… vault:…");
  CHECK(offered({"why", "site.zr", "v"}) == "vault:…");
}

TEST_CASE("without a site file, or with one that is wrong, there is nothing to offer") {
  CHECK(offered({"plan", "--job", ""}).empty());
  CHECK(offered({"plan", "other.zr", "--job", ""}).empty());
  CHECK(offered({"why", "other.zr", ""}).empty());
}

}  // namespace
}  // namespace zr
