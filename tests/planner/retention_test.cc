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

// So many snapshots, the oldest first by createtxg, each created when `creation` of its place says.
template <class Creation>
Dataset dataset_of(int count, const Creation& creation) {
  Dataset dataset(*DatasetName::parse("t"));
  for (int i = 0; i < count; ++i) {
    Version version;
    version.name = fmt::format("s{}", i);
    version.createtxg = CreateTxg{static_cast<std::uint64_t>(i)};
    version.creation = Seconds(std::chrono::seconds(creation(i)));
    dataset.versions.push_back(std::move(version));
  }
  return dataset;
}

// In a property: with creations below `before`, in any order.
Dataset random_dataset(int count, int before) {
  return dataset_of(count, [&](int) { return *rc::gen::inRange(0, before); });
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

TEST_CASE("snapshots of one moment: the oldest by createtxg stands for its period") {
  // The newest, and whatever was not created before it, stays anyway.
  CHECK(kept("keep daily 2", "@a~100 @b~100 @c~100 @d~90000 @e~90000 @f~90001") == "a d f");
  CHECK(kept("keep grid 2x1h", "@a~100 @b~100 @c~100 @d~200") == "a d");
  CHECK(kept("keep grid 2x1h(keep=2)", "@a~100 @b~100 @c~100 @d~200") == "a b d");
  CHECK(kept("keep last 2", "@a~100 @b~100 @c~100 @d~200") == "c d");
  CHECK(kept("keep within 100s", "@a~99 @b~100 @c~100 @d~200") == "b c d");
}

TEST_CASE("snapshots of one createtxg are judged one by one") {
  CHECK(kept("keep last 1", "@a^5~100 @b^5~100 @c^6~200") == "c");
  const std::string one = kept("keep daily 2", "@a^5~100 @b^5~100 @c^6~90000");
  CHECK_MESSAGE(((one == "a c") || (one == "b c")), one);
  // Whichever is named first in the world.
  CHECK(kept("keep daily 2", "@b^5~100 @a^5~100 @c^6~90000") == one);
}

TEST_CASE("a clock that went back: periods go by creation, age by createtxg") {
  // @b was taken after @a and says that it was taken a day before.
  CHECK(kept("keep daily 1", "@a~100000 @b~10000 @c~100001") == "a c");
  CHECK(kept("keep daily 2", "@a~100000 @b~10000 @c~100001") == "a b c");
  CHECK(kept("keep last 2", "@a~100000 @b~10000 @c~100001") == "b c");
}

TEST_CASE("each keep at its edges, a second before and at it") {
  CHECK(kept("keep hourly 2", "@a~3599 @b~3600 @c~7199 @d~7200 @e~7201") == "b d e");
  CHECK(kept("keep daily 2", "@a~86399 @b~86400 @c~172799 @d~172800 @e~172801") == "b d e");
  // Mondays: 1970-01-05 is 345600, a week later 950400.
  CHECK(kept("keep weekly 2", "@a~345599 @b~345600 @c~950399 @d~950400 @e~950401") == "b d e");
  // 1970-02-01 is 2678400, 1970-03-01 is 5097600.
  CHECK(kept("keep monthly 2", "@a~2678399 @b~2678400 @c~5097599 @d~5097600 @e~5097601") ==
        "b d e");
  // 1971-01-01 is 31536000, 1972-01-01 is 63072000.
  CHECK(kept("keep yearly 2", "@a~31535999 @b~31536000 @c~63071999 @d~63072000 @e~63072001") ==
        "b d e");
  CHECK(kept("keep last 1", "@a~1 @b~2") == "b");
  CHECK(kept("keep within 1s", "@a~1 @b~2 @c~3") == "b c");
}

TEST_CASE("a year of 366 days, and the 29th of February") {
  // 2028-02-28, 2028-02-29, 2028-03-01 and 2028-12-31, 2029-01-01, at noon.
  const std::string days =
      "@feb28~1835352000 @feb29~1835438400 @mar1~1835524800 @dec31~1861876800 @jan1~1861963200";
  CHECK(kept("keep daily 4", days) == "feb29 mar1 dec31 jan1");
  CHECK(kept("keep monthly 9", days) == "feb28 mar1 dec31 jan1");
  CHECK(kept("keep yearly 2", days) == "feb28 jan1");
  // 2100 has no 29th: 2100-02-28 and 2100-03-01 are 4107456000 and 4107542400.
  CHECK(kept("keep daily 2", "@feb28~4107456000 @mar1~4107542400") == "feb28 mar1");
  const auto name = [](std::int64_t t) {
    return period_name(Period::daily, Seconds(std::chrono::seconds(t)));
  };
  CHECK(name(1835438400) == "2028-02-29");
  CHECK(name(4107542400) == "2100-03-01");
}

TEST_CASE("the last week of a year and the first of the next are one where ISO says so") {
  // Friday 2026-12-31 is of 2026-W53 like Sunday 2027-01-03; Monday 2027-01-04 begins 2027-W01.
  CHECK(
      kept("keep weekly 2", "@dec31~1798718400 @jan3~1798977600 @jan4~1799064000 @x~1799064001") ==
      "dec31 jan4 x");
  CHECK(kept("keep yearly 1", "@dec31~1798718400 @jan3~1798977600 @jan4~1799064000") ==
        "jan3 jan4");
}

TEST_CASE("fifty years of hourly snapshots") {
  constexpr int count = 50 * 8766;
  const Dataset dataset = dataset_of(count, [](int i) { return i * hour; });
  const auto stay = [&](const std::string& keeps) {
    const auto verdicts =
        judge(candidates_of(dataset), keeps_of(keeps), dataset.versions.back().creation);
    return std::count_if(verdicts.begin(), verdicts.end(), [](const auto& v) { return v.keep; });
  };
  CHECK(stay("keep hourly 438300") == count);
  CHECK(stay("keep daily 20000") == 18263 + 1);  // 438300 h are 18262.5 days; and the newest
  CHECK(stay("keep weekly 3000") == 2610 + 1);
  CHECK(stay("keep monthly 600") == 600 + 1);
  CHECK(stay("keep yearly 99") == 51 + 1);  // twelve hours of 2020
  CHECK(stay("keep grid 100000x1h | 100000x1h | 100000x1h | 100000x1h | 38299x1h") == count);
  CHECK(stay("keep grid 48x1h | 18260x1d") == 1 + 48 + 18260);
  CHECK(stay("keep within 7d") == 7 * 24 + 1);
  CHECK(stay("keep last 1000") == 1000);
}

TEST_CASE("the buckets of a keep name the very snapshots that it keeps") {
  CHECK(rc::check([] {
    const Dataset dataset = random_dataset(*rc::gen::inRange(1, 40), 400'000);
    const auto keeps = keeps_of(*rc::gen::elementOf(
        std::vector<std::string>{"keep daily 2", "keep hourly 5", "keep grid 3x1h | 2x1d",
                                 "keep grid 1x6h(keep=all) | 2x1d(keep=2)"}));
    const Seconds now(std::chrono::seconds(*rc::gen::inRange(1, 500'000)));
    const auto candidates = candidates_of(dataset);
    const auto verdicts = judge(candidates, keeps, now);
    const auto found = buckets(candidates, keeps, now);
    RC_ASSERT(found.size() == 1u);
    std::set<std::size_t> winners;
    std::size_t in_some = found[0].older;
    for (const Bucket& bucket : found[0].occupied) {
      RC_ASSERT(!bucket.winners.empty());
      in_some += bucket.winners.size() + bucket.others.size();
      for (const std::size_t i : bucket.winners) {
        RC_ASSERT(verdicts[i].keep);
        winners.insert(i);
      }
    }
    // What is in none is no older than the moment that a grid is laid back from, and stays.
    RC_ASSERT(in_some <= candidates.size());
    const Seconds from = std::min(dataset.versions.back().creation, now);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const bool always = i + 1 == candidates.size() ||
                          dataset.versions[i].creation >= dataset.versions.back().creation;
      const bool young = dataset.versions[i].creation >= from;
      RC_ASSERT((!verdicts[i].keep || winners.contains(i) || always || young));
    }
  }));
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
    const Dataset dataset = random_dataset(*rc::gen::inRange(0, 40), 4'000'000);
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
