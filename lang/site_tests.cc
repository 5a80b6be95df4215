#include "lang/site_tests.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "lang/codes.h"
#include "lang/orbit.h"
#include "lang/utf8.h"

namespace zr {
namespace {

// 2024-01-01T00:00:00Z, a Monday: every period of the calendar begins with it.
constexpr std::chrono::seconds tests_begin =
    std::chrono::sys_days(std::chrono::year(2024) / std::chrono::January / 1).time_since_epoch();
// In snapshots: some tenths of a second, and a second.
constexpr std::size_t looked_at_by_one_test = 50'000'000;
constexpr std::size_t looked_at_by_all_tests = 200'000'000;

// What rules say of a dataset.
RuleResult outcome(const Rules& rules, const DatasetName& dataset) {
  if (auto target = rules.target(dataset)) return std::move(*target);
  if (rules.takes(dataset)) return Ok{};
  return Omit{};
}

Diagnostic failure(const SiteTest& test, const Expectation& expected, const std::string& instead) {
  Diagnostic d;
  d.code = to_string(Code::test_fails);
  d.message = "test \"" + printable(test.name) + "\" fails: `" + printable(expected.subject) +
              "` " + instead;
  d.span = expected.span;
  return d;
}

std::string utc(std::int64_t time) {
  const std::chrono::sys_seconds t{std::chrono::seconds(time)};
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(t - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string plural(std::uint64_t count) {
  return fmt::format("{} snapshot{}", count, count == 1 ? "" : "s");
}

class Runner {
 public:
  explicit Runner(const Policy& policy) : policy_(policy), subjects_(policy.subjects()) {}

  // What is said of an expectation that does not hold.
  std::optional<Diagnostic> check(const SiteTest& test, const Expectation& expected) {
    return std::visit([&](const auto& what) { return check(test, expected, what); }, expected.what);
  }

  void add_coverage(TestReport& report) const {
    for (const auto& [subject, rules] : subjects_) {
      for (const Rule& rule : rules->all()) {
        ++report.rules;
        if (touched_.count(&rule) > 0) continue;
        report.untested.push_back({subject, rule.str(), rule.origin});
      }
    }
  }

 private:
  std::optional<Diagnostic> check(const SiteTest& test, const Expectation& expected,
                                  const ExpectedMapping& maps) {
    const auto found = subjects_.find(expected.subject);
    if (found == subjects_.end()) return std::nullopt;  // was an error of its own
    const Rule* decides = found->second->find(maps.dataset);
    if (decides != nullptr) touched_.insert(decides);
    const RuleResult actual = outcome(*found->second, maps.dataset);
    if (actual == maps.result) return std::nullopt;
    Diagnostic d = failure(
        test, expected,
        "maps `" + printable(maps.dataset.str()) + "` to `" + printable(to_string(actual)) + "`");
    d.label = "expected `" + printable(to_string(maps.result)) + "`";
    if (decides != nullptr) {
      d.secondary.push_back({decides->span, "this rule decides"});
    } else {
      d.help.push_back({"no rule takes the dataset, and that means `omit`", std::nullopt, {}});
    }
    return d;
  }

  std::optional<Diagnostic> check(const SiteTest& test, const Expectation& expected,
                                  const ExpectedCount& holds) {
    const std::vector<Keep>& keeps = policy_.tested_keeps[holds.keeps];
    const auto seen = peak(keeps, holds.every, tests_begin, tests_begin + holds.duration, budget_);
    if (!seen) {
      Diagnostic d = failure(test, expected, "holds too many snapshots to be followed for so long");
      d.code = to_string(Code::bad_expectation);
      d.help.push_back(
          {"write a shorter `for`, or a longer `every`; what all tests of a site look "
           "at together is limited, too",
           std::nullopt,
           {}});
      return d;
    }
    if (seen->most == holds.most) return std::nullopt;
    Diagnostic d = failure(test, expected,
                           "holds at most " + plural(seen->most) + ", first at " + utc(seen->at));
    d.label = fmt::format("expected {}", holds.most);
    return d;
  }

  const Policy& policy_;
  std::map<std::string, const Rules*, std::less<>> subjects_;
  std::set<const Rule*> touched_;
  OrbitBudget budget_{looked_at_by_one_test, looked_at_by_all_tests};
};

}  // namespace

TestReport run_tests(const Policy& policy, Diagnostics& diagnostics) {
  TestReport result;
  Runner runner(policy);
  for (const SiteTest& test : policy.tests) {
    TestOutcome outcome_of_test{test.name, true};
    for (const Expectation& expected : test.expectations) {
      auto wrong = runner.check(test, expected);
      if (!wrong) continue;
      outcome_of_test.passed = false;
      diagnostics.add(std::move(*wrong));
    }
    result.failed += outcome_of_test.passed ? 0U : 1U;
    result.tests.push_back(std::move(outcome_of_test));
  }
  runner.add_coverage(result);
  return result;
}

}  // namespace zr
