#pragma once

#include <chrono>
#include <sstream>
#include <stop_token>
#include <string>

#include "executor/run/run.h"
#include "tests/executor/fake_zfs.h"
#include "tests/executor/plan_text.h"

// Runs of plans on hosts that only pretend, and what became of them as text.
namespace zr {

// "1 done", "2 failed: why", a line per step.
inline std::string text_of(const RunReport& report) {
  std::string text;
  for (const auto& entry : report.entries) {
    text += std::to_string(entry.step) + " " + std::string(event::to_string(entry.outcome));
    text += (entry.message.empty() ? "" : ": " + entry.message) + "\n";
  }
  return text;
}

inline RunOptions impatient() {
  RunOptions options;
  options.retry_for = std::chrono::milliseconds(40);
  options.retry_pause = std::chrono::milliseconds(1);
  return options;
}

inline RunReport run_on(FakeHosts& hosts, const Plan& plan, const std::stop_token& stop = {},
                        const RunOptions& options = impatient()) {
  const auto journal = no_journal();
  const auto progress = no_progress();
  return run(plan, hosts.connect(), *journal, *progress, options, stop);
}

// For faults that pass, however slow the machine is.
inline RunReport run_patiently_on(FakeHosts& hosts, const Plan& plan) {
  RunOptions options = impatient();
  options.retry_for = std::chrono::minutes(10);
  return run_on(hosts, plan, {}, options);
}

inline std::string lines_with(const std::string& text, const std::string& wanted) {
  std::istringstream lines(text);
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(wanted) != line.npos) found += line + "\n";
  }
  return found;
}

}  // namespace zr
