#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lang/diagnostic.h"
#include "lang/policy.h"

namespace zr {

struct TestOutcome {
  std::string name;
  bool passed = true;
};

// A rule that no expectation is decided by.
struct UntestedRule {
  std::string subject;  // "pull.offsite"
  std::string text;     // "tank/db -> fast/db"
  Origin origin;
};

struct TestReport {
  std::vector<TestOutcome> tests;
  std::size_t failed = 0;
  // Of the rules that jobs use, each counted once for every job: how many there are, and those that
  // no test touches. Datasets that no rule takes need no rule, so they cover none.
  std::size_t rules = 0;
  std::vector<UntestedRule> untested;  // in the order of jobs and patterns
};

// Carries the policy's tests out. Each expectation that does not hold is reported as an error, with
// the rule that decides otherwise.
TestReport run_tests(const Policy&, Diagnostics&);

}  // namespace zr
