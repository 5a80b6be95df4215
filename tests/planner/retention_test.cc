#include "planner/retention.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <set>

#include "planner/calendar.h"
#include "tests/support/policy_text.h"
#include "tests/support/world_text.h"

using namespace zr;

namespace {

constexpr std::int64_t hour = 3600;

std::vector<Keep> keeps_of(const std::string& text) {
  return policy_from_text(
             "host h {\n  transport sim \"w\"\n}\nprune p {\n  on h\n"
             "  datasets { t -> ok }\n  snapshots any\n" +
             text + "\n}\n")
      .prunes.front()
      .keeps;
}

std::vector<Candidate> candidates_of(const Dataset& dataset) {
  std::vector<Candidate> out;
  for (const Version& version : dataset.versions) out.push_back({&version, false});
  return out;
}

// The names that stay, oldest first. `now` is far in the future unless told.
std::string kept(const std::string& keeps, const std::string& snapshots,
                 Seconds now = Seconds(std::chrono::seconds(4'000'000'000))) {
  const World world = world_from_text("h: t " + snapshots);
  const Dataset& dataset = world.hosts.begin()->second.datasets.front();
  const auto verdicts = judge(candidates_of(dataset), keeps_of(keeps), now);
  std::string out;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i].keep) out += (out.empty() ? "" : " ") + dataset.versions[i].name;
  }
  return out;
}

// Hourly snapshots h1, h2, …, on the hour from an hour after `first`.
std::string hourly(int count, std::int64_t first = 1'795'132'800) {
  std::string out;
  for (int i = 1; i <= count; ++i) out += fmt::format(" @h{}~{}", i, first + i * hour);
  return out;
}

}  // namespace

TEST_CASE("keep last N") {
  CHECK(kept("keep last 2", "@a @b @c @d") == "c d");
  CHECK(kept("keep last 9", "@a @b") == "a b");
}

TEST_CASE("the newest stays, and so does whatever was not created before it") {
  CHECK(kept("keep matching \"^nothing$\"", "@a~10 @b~20 @c~30") == "c");
  CHECK(kept("keep matching \"^nothing$\"", "@future~99 @same~30 @a~10 @c~30") == "future same c");
}

TEST_CASE("keep within an age of the newest, inclusive; the wall clock does not matter") {
  CHECK(kept("keep within 1h", "@a~999 @b~1000 @c~4600") == "b c");
}

TEST_CASE("ages count from now where the newest claims to be of the future") {
  const Seconds now(std::chrono::seconds(10'000));
  CHECK(kept("keep within 1h", "@a~6000 @b~6400 @c~999999", now) == "b c");
}

TEST_CASE("a grid is closed at the old end of an interval and open at its young end") {
  // Ages in hours:            4     3     2     1     0
  CHECK(kept("keep grid 2x1h", "@a~0 @b~3600 @c~7200 @d~10800 @e~14400") == "c d e");
  CHECK(kept("keep grid 2x1h", "@a~0 @b~3600 @c~7199 @d~10800 @e~14400") == "d e");
}

TEST_CASE("in each interval of a grid the oldest stay") {
  CHECK(kept("keep grid 1x1h", "@a~1000 @b~2000 @c~3000 @d~4000") == "a d");
  CHECK(kept("keep grid 1x1h(keep=2)", "@a~1000 @b~2000 @c~3000 @d~4000") == "a b d");
  CHECK(kept("keep grid 1x1h(keep=all)", "@a~1000 @b~2000 @c~3000 @d~4000") == "a b c d");
}

TEST_CASE("a grid lets go of what is older than all of it") {
  CHECK(kept("keep grid 1x1h | 1x1d", "@a~0 @b~90000 @c~100000 @d~100001") == "b c d");
}

TEST_CASE("counts times lengths of a grid may be beyond every clock") {
  const World world = world_from_text("h: t @a~0 @b~4000000000 @c~4000000001");
  Keep keep;
  const auto most = std::numeric_limits<std::uint64_t>::max();
  keep.what = KeepGrid{{{most, std::chrono::weeks(52), 1}, {most, std::chrono::weeks(52), 1}}};
  const auto& dataset = world.hosts.begin()->second.datasets.front();
  for (const Verdict& verdict : judge(candidates_of(dataset), {&keep, 1}, Seconds::max())) {
    CHECK(verdict.keep);
  }
}

TEST_CASE("a healthy grid holds what it says, with an hourly and a daily tier") {
  const std::string all = hourly(24 * 20);
  const std::string left = kept("keep grid 1x1h(keep=all) | 24x1h | 14x1d", all);
  CHECK(std::count(left.begin(), left.end(), ' ') + 1 == 1 + 1 + 24 + 14);
}

TEST_CASE("calendar keeps take the oldest of each of the newest periods that hold one") {
  // 2026-11-20 00:00 UTC, a Friday, is 1795132800.
  CHECK(kept("keep daily 2", hourly(60)) == "h24 h48 h60");
  CHECK(kept("keep hourly 3", hourly(60)) == "h58 h59 h60");
  CHECK(kept("keep weekly 2", hourly(24 * 12)) == "h72 h240 h288");
  CHECK(kept("keep monthly 1", hourly(24 * 12)) == "h264 h288");
  CHECK(kept("keep yearly 3", hourly(24 * 12)) == "h1 h288");
}

TEST_CASE("periods without a snapshot do not count") {
  CHECK(kept("keep daily 2", "@a~1000000 @b~1700000 @c~1700100 @d~1790000") == "b d");
}

TEST_CASE("a snapshot stays if any keep wants it") {
  CHECK(kept("keep last 1\nkeep matching \"^a\"\nkeep within 10s", "@a~1 @b~90 @c~95 @d~100") ==
        "a b c d");
}

TEST_CASE("weeks are ISO 8601's") {
  const auto at = [](std::int64_t t) { return Seconds(std::chrono::seconds(t)); };
  CHECK(period_name(Period::weekly, at(1'795'132'800)) == "2026-W47");  // Friday, 20 November
  CHECK(period_name(Period::weekly, at(1'798'761'600)) == "2026-W53");  // Friday, 1 January 2027
  CHECK(period_name(Period::weekly, at(1'735'516'800)) == "2025-W01");  // Monday, 30 Dec 2024
  CHECK(period_number(Period::weekly, at(1'735'516'799)) + 1 ==
        period_number(Period::weekly, at(1'735'516'800)));
}

TEST_CASE("a destroy says why none of the keeps wants it") {
  const World world = world_from_text("h: t @a~0 @b~90000 @c~90001 @d~100000");
  const Dataset& dataset = world.hosts.begin()->second.datasets.front();
  const auto verdicts = judge(candidates_of(dataset), keeps_of("keep grid 1x1d\nkeep daily 1"),
                              Seconds(std::chrono::seconds(100'000)));
  CHECK(verdicts[0].reason == "older than the whole grid; past daily 1");
  CHECK(verdicts[2].reason == "grid interval 1 of 1x1d keeps @b; daily 1 keeps @b for 1970-01-02");
}

TEST_CASE("judging what is left again changes nothing, whatever the clocks say") {
  CHECK(rc::check([] {
    Dataset dataset(*DatasetName::parse("t"));
    const int count = *rc::gen::inRange(0, 40);
    for (int i = 0; i < count; ++i) {
      Version version;
      version.name = fmt::format("s{}", i);
      version.createtxg = CreateTxg{static_cast<std::uint64_t>(i)};
      version.creation = Seconds(std::chrono::seconds(*rc::gen::inRange(0, 4'000'000)));
      dataset.versions.push_back(std::move(version));
    }
    const std::vector<std::string> all{
        "keep last 3",   "keep within 2d",        "keep daily 4",
        "keep weekly 2", "keep grid 3x1h | 5x1d", "keep grid 1x6h(keep=all) | 4x1d(keep=2)",
        "keep hourly 5"};
    std::set<std::string> chosen{*rc::gen::elementOf(all), *rc::gen::elementOf(all)};
    std::string text;
    for (const auto& keep : chosen) text += keep + "\n";
    const auto keeps = keeps_of(text);
    const Seconds now(std::chrono::seconds(*rc::gen::inRange(1, 5'000'000)));

    const auto first = judge(candidates_of(dataset), keeps, now);
    Dataset left(dataset.name);
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (first[i].keep) left.versions.push_back(dataset.versions[i]);
    }
    RC_ASSERT(dataset.versions.empty() == left.versions.empty());
    for (const Verdict& verdict : judge(candidates_of(left), keeps, now)) RC_ASSERT(verdict.keep);
  }));
}
