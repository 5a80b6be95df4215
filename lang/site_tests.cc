#include "lang/site_tests.h"

#include <map>
#include <set>

#include "lang/codes.h"
#include "lang/utf8.h"

namespace zr {
namespace {

// What rules say of a dataset.
RuleResult outcome(const Rules& rules, const DatasetName& dataset) {
  if (auto target = rules.target(dataset)) return std::move(*target);
  if (rules.takes(dataset)) return Ok{};
  return Omit{};
}

void report(const SiteTest& test, const Expectation& expected, const RuleResult& actual,
            const Rule* decides, Diagnostics& diagnostics) {
  Diagnostic d;
  d.code = to_string(Code::test_fails);
  d.message = "test \"" + printable(test.name) + "\" fails: `" + expected.subject + "` maps `" +
              printable(expected.dataset.str()) + "` to `" + printable(to_string(actual)) + "`";
  d.span = expected.span;
  d.label = "expected `" + printable(to_string(expected.result)) + "`";
  if (decides != nullptr) {
    d.secondary.push_back({decides->span, "this rule decides"});
  } else {
    d.help.push_back({"no rule takes the dataset, and that means `omit`", std::nullopt, {}});
  }
  diagnostics.add(std::move(d));
}

}  // namespace

TestReport run_tests(const Policy& policy, Diagnostics& diagnostics) {
  TestReport result;
  std::map<std::string, std::set<const Rule*>> touched;
  for (const SiteTest& test : policy.tests) {
    TestOutcome outcome_of_test{test.name, true};
    for (const Expectation& expected : test.expectations) {
      const Rules* rules = policy.find_rules(expected.subject);
      if (rules == nullptr) continue;  // was an error of its own
      const Rule* decides = rules->find(expected.dataset);
      if (decides != nullptr) touched[expected.subject].insert(decides);
      const RuleResult actual = outcome(*rules, expected.dataset);
      if (actual == expected.result) continue;
      outcome_of_test.passed = false;
      report(test, expected, actual, decides, diagnostics);
    }
    result.failed += outcome_of_test.passed ? 0U : 1U;
    result.tests.push_back(std::move(outcome_of_test));
  }
  for (const std::string& subject : policy.subjects()) {
    const auto found = touched.find(subject);
    for (const Rule& rule : policy.find_rules(subject)->all()) {
      ++result.rules;
      if (found != touched.end() && found->second.count(&rule) > 0) continue;
      result.untested.push_back({subject, rule.str(), rule.origin});
    }
  }
  return result;
}

}  // namespace zr
