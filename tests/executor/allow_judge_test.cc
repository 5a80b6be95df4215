// What is delegated, as zfs prints it, and a policy in; what is missing and what is too much out.
#include "executor/allow/allow_judge.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/support/policy_text.h"

namespace zr {
namespace {

DatasetName ds(const std::string& name) { return DatasetName::parse(name).value(); }

std::string text_of(const char* what, const Places& places) {
  std::string text;
  for (const auto& [dataset, place] : places) {
    for (const auto& [scope, permissions] : place.by_scope()) {
      text += fmt::format("{}{} {} {}\n", what,
                          scope == Scope::all      ? ""
                          : scope == Scope::itself ? " -l"
                                                   : " -d",
                          fmt::join(permissions, ","), dataset.str());
    }
  }
  return text;
}

std::string text_of(const Judgement& judged) {
  std::string text = "\n" + text_of("missing", judged.missing);
  for (const DatasetName& dataset : judged.missing_datasets)
    text += "is not there: " + dataset.str() + "\n";
  text += text_of("instead", judged.instead) + text_of("more", judged.superfluous);
  for (const std::string& set : judged.partly_needed_sets) text += set + "\n";
  return text;
}

struct Bench {
  SeenGrants seen{"zrepl", {"staff"}, {}, {ds("pool1"), ds("pool2")}, {}};

  // A block of grants as `zfs allow` prints it, without its tabs.
  Bench& on(const std::string& dataset, const std::string& lines) {
    std::string text = "---- Permissions on " + dataset + " ---\n";
    for (std::size_t begin = 0; begin < lines.size();) {
      const std::size_t end = std::min(lines.find('\n', begin), lines.size());
      const std::string line = lines.substr(begin, end - begin);
      text += (line.ends_with(':') ? "" : "\t") + line + "\n";
      begin = end + 1;
    }
    GrantReader reader;
    REQUIRE(reader.feed(text));
    seen.grants.merge(*reader.finish());
    return *this;
  }
  std::string judged(const std::string& jobs) const {
    const auto all =
        delegations_of(policy_from_text("site s\nhost h { transport local }\n" + jobs));
    return text_of(judge(all.at(0), seen));
  }
};

const std::string all = "Local+Descendent permissions:\n";
const std::string local = "Local permissions:\n";
const std::string below = "Descendent permissions:\n";
const std::string snap = R"(autosnap a { on h; datasets { tank/a< -> ok }; prefix "x"; every 1h })";
const std::string prune = "prune p { on h; snapshots { prefix \"x\" }; keep last 1; datasets { ";

TEST_CASE("exactly what is needed is right") {
  CHECK(Bench().on("tank/a", all + "user zrepl snapshot").judged(snap) == "\n");
}

TEST_CASE("what is missing is told with its scope") {
  CHECK(Bench().on("tank/a", "").judged(snap) == "\nmissing snapshot tank/a\n");
  CHECK(Bench().on("tank/a", local + "user zrepl snapshot").judged(snap) ==
        "\nmissing -d snapshot tank/a\n");
  CHECK(Bench().on("tank/a", below + "user zrepl snapshot").judged(snap) ==
        "\nmissing -l snapshot tank/a\n");
  CHECK(Bench().on("tank/a", all + "user other snapshot\ngroup wheel snapshot").judged(snap) ==
        "\nmissing snapshot tank/a\n");
}

TEST_CASE("it may come from a group, from everyone, from a set, in parts, from above") {
  CHECK(Bench().on("tank/a", all + "group staff snapshot").judged(snap) == "\n");
  CHECK(Bench().on("tank/a", all + "everyone snapshot").judged(snap) == "\n");
  CHECK(Bench()
            .on("tank", "Permission sets:\n@s @t\n@t snapshot,@s")
            .on("tank/a", all + "user zrepl @s")
            .judged(snap) == "\n");
  CHECK(Bench()
            .on("tank/a", local + "user zrepl snapshot\n" + below + "everyone snapshot")
            .judged(snap) == "\n");
  CHECK(Bench().on("tank", below + "everyone snapshot").on("tank/a", "").judged(snap) == "\n");
  CHECK(Bench().on("tank", local + "everyone snapshot").on("tank/a", "").judged(snap) ==
        "\nmissing snapshot tank/a\n");
}

TEST_CASE("what is more than needed is to be taken away, and what is wider given more narrowly") {
  CHECK(Bench().on("tank/a", all + "user zrepl snapshot,rename").judged(snap) ==
        "\nmore rename tank/a\n");
  CHECK(Bench().on("tank", all + "user zrepl snapshot").on("tank/a", "").judged(snap) ==
        "\ninstead snapshot tank/a\nmore snapshot tank\n");
  CHECK(Bench()
            .on("tank", all + "user zrepl snapshot")
            .on("tank/a", all + "user zrepl snapshot")
            .judged(snap) == "\nmore snapshot tank\n");
  CHECK(
      Bench().on("tank/a", all + "user zrepl destroy,mount").judged(prune + "tank/a< -> ok } }") ==
      "\nmore -l destroy,mount tank/a\n");
  // Others' are not this user's to lose.
  CHECK(Bench().on("tank/a", all + "user zrepl snapshot\neveryone rename").judged(snap) == "\n");
}

TEST_CASE("a set is taken away as a whole or not at all") {
  CHECK(Bench()
            .on("tank/a", "Permission sets:\n@s rename,snapshot\n" + all + "user zrepl @s")
            .judged(snap) == "\n@s on tank/a is more than needed by rename\n");
  CHECK(Bench()
            .on("tank/a", "Permission sets:\n@s rename\n" + all + "user zrepl @s,snapshot")
            .judged(snap) == "\nmore @s tank/a\n");
}

TEST_CASE("every pool means every pool that is there") {
  CHECK(Bench()
            .on("pool1", below + "user zrepl destroy,mount")
            .on("pool2", "")
            .judged(prune + "< -> ok } }") == "\nmissing -d destroy,mount pool2\n");
}

TEST_CASE("a target that is not there is covered by one above it where it can be made") {
  const std::string pull = R"(push p { from h; to h; map { tank/a -> backup/x/a }; initial fail })";
  const std::string source =
      local + "user zrepl bookmark,destroy,hold\n" + below + "user zrepl send";
  Bench bench;
  bench.on("tank/a", source);
  bench.seen.missing.emplace(ds("backup/x/a"), ds("backup"));
  CHECK(Bench(bench).on("backup", "").judged(pull) == R"(
missing mount backup/x/a
missing -l create,hold,receive,release backup/x/a
missing -d destroy backup/x/a
is not there: backup/x/a
)");
  const std::string wide = all + "user zrepl create,destroy,hold,mount,receive,release";
  CHECK(Bench(bench).on("backup", wide).judged(pull) == "\nmore -l destroy,hold,release backup\n");
  CHECK(Bench(bench)
            .on("backup", local + "user zrepl create,mount,receive\n" + below +
                              "user zrepl create,destroy,hold,mount,receive,release")
            .judged(pull) == "\n");
  bench.seen.missing.at(ds("backup/x/a")).reset();
  CHECK(bench.judged(pull).find("missing mount backup/x/a\n") != std::string::npos);
}

}  // namespace
}  // namespace zr
