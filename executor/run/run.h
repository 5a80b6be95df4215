#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "executor/progress/progress.h"
#include "executor/run/journal.h"
#include "executor/zfs.h"
#include "planner/plan.h"

namespace zr {

struct RunOptions {
  std::map<HostName, unsigned> slots;       // per host; 1 where not named
  std::map<HostName, std::uint64_t> rates;  // bytes per second, of all of a host's streams
  // How long what fails with Remedy::retry or reconnect is tried again, counted from its first
  // failure, and the pause before the first time; it doubles up to ten seconds, with some jitter.
  std::chrono::milliseconds retry_for{30'000};
  std::chrono::milliseconds retry_pause{200};
};

struct RunReport {
  struct Entry {
    StepId step;
    event::Outcome outcome;
    std::string message;
    std::optional<Remedy> remedy = {};  // of what failed
  };
  std::vector<Entry> entries;  // one per step, by step
  bool interrupted = false;    // by the stop token
  // Why nothing (more) was started although no stop was requested: the plan makes no sense, or the
  // journal can't be written. Empty when all is well.
  std::string trouble;

  std::size_t count(event::Outcome) const;
};

// Carries a plan out: every step once, after what it waits for, in parallel within the hosts'
// slots. A failure skips what depends on it and nothing else. When a stop is requested nothing more
// is started, streams are cut so that they can be resumed, and the rest is reported as interrupted.
// Every step that starts is in the journal before. `connect` has to give connections whose calls
// end when the stop is requested. No thread outlives the call.
RunReport run(const Plan&, const Connect&, Journal&, Progress&, const RunOptions&, std::stop_token);

}  // namespace zr
