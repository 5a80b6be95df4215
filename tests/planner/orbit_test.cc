#include "lang/orbit.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "planner/retention.h"
#include "tests/lang/site.h"
#include "tests/support/policy_text.h"

using namespace zr;
using namespace std::chrono_literals;

// The simulation that findings rest on, held against the planner's own judgement.

namespace {

std::vector<Keep> keeps_of(const std::string& text) {
  return policy_from_text(
             "host h { transport sim \"w\" }\nprune p {\n  on h\n"
             "  datasets { t -> ok }\n  snapshots any\n" +
             text + "\n}\n")
      .prunes.front()
      .keeps;
}

// Snapshots of one dataset, taken and judged as apply would.
class Judged {
 public:
  Judged(std::vector<Keep> keeps, std::chrono::seconds every,
         std::chrono::seconds begin = std::chrono::seconds{0})
      : keeps_(std::move(keeps)), every_(every), begin_(begin) {}

  void step() {
    Version version;
    version.name = "s" + std::to_string(count_);
    version.createtxg = CreateTxg{count_};
    version.creation = Seconds(begin_ + every_ * static_cast<std::int64_t>(count_++));
    versions_.push_back(version);
    std::vector<Candidate> candidates;
    for (const Version& v : versions_) candidates.push_back({&v, false});
    const auto verdicts = judge(candidates, keeps_, version.creation);
    std::vector<Version> left;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      if (verdicts[i].keep) left.push_back(versions_[i]);
    }
    versions_ = left;
  }

  std::vector<std::int64_t> times() const {
    std::vector<std::int64_t> all;
    for (const Version& v : versions_) all.push_back(v.creation.time_since_epoch().count());
    return all;
  }

 private:
  std::vector<Keep> keeps_;
  std::chrono::seconds every_, begin_;
  std::uint64_t count_ = 0;
  std::vector<Version> versions_;
};

std::string any_grid() {
  const std::vector<int> lengths{10, 15, 45, 60, 90, 240, 1440};
  std::size_t at = static_cast<std::size_t>(*rc::gen::inRange(0, 3));
  std::string text;
  for (int groups = *rc::gen::inRange(1, 4); groups > 0 && at < lengths.size(); --groups) {
    text += (text.empty() ? "" : " | ") + std::to_string(*rc::gen::inRange(1, 9)) + "x" +
            std::to_string(lengths[at]) + "m" +
            *rc::gen::element<std::string>("", "", "(keep=2)", "(keep=all)");
    at += static_cast<std::size_t>(*rc::gen::inRange(1, 3));
  }
  return "keep grid " + text;
}

std::string any_keeps() {
  std::vector<std::string> keeps{any_grid()};
  if (*rc::gen::arbitrary<bool>()) {
    const std::string count = std::to_string(*rc::gen::inRange(1, 9));
    keeps.push_back(
        "keep " + *rc::gen::element<std::string>("last ", "hourly ", "daily ", "weekly ") + count);
  }
  if (*rc::gen::inRange(0, 4) == 0) {
    keeps.push_back("keep within " + std::to_string(*rc::gen::inRange(1, 300)) + "m");
  }
  if (*rc::gen::inRange(0, 3) == 0) keeps.erase(keeps.begin());
  if (keeps.empty()) keeps.push_back("keep last 2");
  std::string text;
  for (const std::string& keep : keeps) text += keep + "\n";
  return text;
}

std::chrono::minutes any_interval() {
  return std::chrono::minutes(*rc::gen::element(5, 7, 10, 15, 45, 55, 60, 70, 360, 1440));
}

}  // namespace

TEST_CASE("an orbit leaves what the planner's judgement leaves") {
  CHECK(rc::check("orbit is judge", [] {
    const auto keeps = keeps_of(any_keeps());
    const auto every = any_interval();
    Orbit orbit(keeps, every);
    Judged judged(keeps, every);
    for (int n = 0; n < 300; ++n) {
      orbit.step();
      judged.step();
      RC_ASSERT(orbit.times() == judged.times());
    }
  }));
}

TEST_CASE("an orbit by months and years leaves what the planner's judgement leaves") {
  CHECK(rc::check("orbit is judge, by the calendar", [] {
    std::string text = *rc::gen::element<std::string>("", any_keeps());
    const int least = text.empty() ? 1 : 10;  // not what is kept already
    for (const char* period : {"hourly", "daily", "weekly", "monthly", "yearly"}) {
      if (*rc::gen::inRange(0, 2) == 0) continue;
      const int count = *rc::gen::inRange(least, 20);
      text += "keep " + std::string(period) + " " + std::to_string(count) + "\n";
    }
    if (text.empty()) text = "keep monthly 3";
    const auto keeps = keeps_of(text);
    // From a minute to half a year, mostly not dividing anything.
    const std::chrono::minutes every{*rc::gen::element(1, 57, 1440, 10007, 43800, 262979)};
    const std::chrono::seconds begin{*rc::gen::inRange<std::int64_t>(0, 4'000'000'000)};
    Orbit orbit(keeps, every, begin);
    Judged judged(keeps, every, begin);
    std::size_t most = 0;
    std::int64_t at = 0;
    for (int n = 0; n < 400; ++n) {
      orbit.step();
      judged.step();
      RC_ASSERT(orbit.times() == judged.times());
      if (judged.times().size() <= most) continue;
      most = judged.times().size();
      at = judged.times().back();
    }
    OrbitBudget budget;
    const auto seen = peak(keeps, every, begin, begin + 400 * every, budget);
    RC_ASSERT(seen.has_value());
    RC_ASSERT(seen->most == most);
    RC_ASSERT(seen->at == at);
  }));
}

TEST_CASE("the calendar comes round after 400 years, and not before") {
  const auto keeps = keeps_of("keep monthly 2\nkeep yearly 1\nkeep daily 1");
  const std::chrono::days year_400{146'097}, year_28{28 * 365 + 7};
  const auto at = [&](std::chrono::seconds begin) {
    Orbit orbit(keeps, 24h, begin);
    for (int n = 0; n < 800; ++n) orbit.step();
    return orbit;
  };
  CHECK(at(year_400).is_like(at(0s)));
  CHECK_FALSE(at(year_28).is_like(at(0s)));
  CHECK(std::count_if(keeps.begin(), keeps.end(), Orbit::can_follow) == 1);
}

TEST_CASE("a steady state is what the planner's judgement comes to") {
  CHECK(rc::check("steady state", [] {
    const auto keeps = keeps_of(any_keeps());
    const auto every = any_interval();
    OrbitBudget budget;
    const auto steady = steady_state(keeps, every, budget);
    if (!steady || steady->steps > 500) RC_DISCARD("too long");
    Orbit orbit(keeps, every);
    Judged judged(keeps, every);
    for (int n = 0; n < 1000; ++n) {
      orbit.step();
      judged.step();
    }
    Orbit later = orbit;
    for (std::uint64_t n = 0; n < steady->steps; ++n) later.step();
    if (!later.is_like(orbit)) RC_DISCARD("not there yet");
    std::size_t fewest = judged.times().size(), most = 0;
    std::uint64_t gone = 0;
    for (std::uint64_t n = 0; n < steady->steps; ++n) {
      const auto before = judged.times();
      judged.step();
      const auto after = judged.times();
      fewest = std::min(fewest, after.size());
      most = std::max(most, after.size());
      gone += std::find(after.begin(), after.end(), before.back()) == after.end() ? 1U : 0U;
    }
    RC_ASSERT(most == steady->most);
    RC_ASSERT(fewest == steady->fewest);
    RC_ASSERT(gone == steady->short_lived);
  }));
}

TEST_CASE("orbits that are called the same are the same to the planner") {
  CHECK(rc::check("same orbits", [] {
    const auto first = keeps_of(any_keeps());
    const auto second = *rc::gen::arbitrary<bool>() ? first : keeps_of(any_keeps());
    const auto every = any_interval();
    OrbitBudget budget;
    const auto same = same_orbit(first, second, every, budget);
    if (!same) RC_DISCARD("not decided");
    Judged a(first, every), b(second, every);
    bool equal = true;
    for (int n = 0; n < 600 && equal; ++n) {
      a.step();
      b.step();
      equal = a.times() == b.times();
    }
    if (*same) RC_ASSERT(equal);
  }));
}

TEST_CASE("what check says of short lives is what the planner's judgement comes to") {
  int said = 0;
  CHECK(rc::check("short lives", [&] {
    const std::string text = any_keeps();
    const auto every = any_interval();
    const Site site = compile_site(
        "host h { transport sim \"w\" }\n"
        "autosnap a { on h; datasets { t -> ok }; prefix \"z_\"; every " +
        format_duration(every) +
        " }\nprune p {\n  on h\n  datasets { t -> ok }\n  snapshots { prefix \"z_\" }\n" + text +
        "\n}\n");
    RC_ASSERT(site.policy.has_value());
    const std::vector<Keep>& keeps = site.policy->prunes.front().keeps;
    OrbitBudget budget;
    const auto steady = steady_state(keeps, every, budget);
    for (const Diagnostic& d : site.diagnostics) {
      if (d.code != "ZR2012") continue;
      RC_ASSERT(steady.has_value());
      ++said;
      const std::string numbers = d.message.substr(d.message.find("destroys ") + 9);
      const auto gone = std::stoull(numbers);
      const auto taken = std::stoull(numbers.substr(numbers.find(" of ") + 4));
      Judged judged(keeps, every);
      const std::uint64_t lead = 700;  // and then it is counted, over at least one period
      for (std::uint64_t n = 0; n < lead; ++n) judged.step();
      if (steady->steps > 300 || judged.times().size() > steady->most) RC_DISCARD("too long");
      std::uint64_t counted = 0;
      std::vector<std::size_t> sizes;
      for (std::uint64_t n = 0; n < steady->steps; ++n) {
        const auto before = judged.times();
        judged.step();
        const auto after = judged.times();
        sizes.push_back(after.size());
        counted += std::find(after.begin(), after.end(), before.back()) == after.end() ? 1U : 0U;
      }
      if (*std::min_element(sizes.begin(), sizes.end()) < steady->fewest) RC_DISCARD("filling");
      RC_ASSERT(counted * taken == steady->steps * gone);
    }
  }));
  CHECK(said > 0);
}

TEST_CASE("numbers that were worked out by hand") {
  OrbitBudget budget;
  const auto steady = [&](const std::string& text, std::chrono::seconds every) {
    const auto keeps = keeps_of(text);
    return steady_state(keeps, every, budget);
  };
  const auto ten = steady("keep grid 24x1h", 10min);
  REQUIRE(ten);
  CHECK(ten->short_lived * 6 == ten->steps * 5);
  const auto tiers = steady("keep grid 1x1h(keep=all) | 24x1h | 14x1d", 15min);
  REQUIRE(tiers);
  CHECK(tiers->short_lived == 0);
  CHECK(tiers->most >= 42);
  const auto daily = steady("keep daily 7", 15min);
  REQUIRE(daily);
  CHECK(daily->steps == 96);
  CHECK(daily->short_lived == 95);
  CHECK(daily->fewest == 7);
  CHECK(daily->most == 8);
  CHECK_FALSE(steady("keep last 1000000", 1min));
  CHECK_FALSE(steady("keep grid 100000x1d", 1min));

  const auto same = [&](const char* first, const char* second, std::chrono::seconds every) {
    const auto a = keeps_of(first), b = keeps_of(second);
    return same_orbit(a, b, every, budget);
  };
  CHECK(same("keep grid 24x1h | 14x1d", "keep grid 1x1d | 14x1d", 24h) == true);
  CHECK(same("keep grid 24x1h | 14x1d", "keep grid 1x1d | 14x1d", 1h) == false);
}
