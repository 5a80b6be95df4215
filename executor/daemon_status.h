#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "executor/exit_status.h"
#include "lang/names.h"
#include "planner/world.h"

namespace zr {

// What a daemon is doing, as it tells it: plain values, for whoever shows them.

struct JobState {
  JobId job;
  bool is_running = false;
  bool is_paused = false;
  bool is_wanted = false;                         // somebody asked for it, and it has not begun
  std::optional<Seconds> due = {};                // none: paused
  std::optional<Seconds> began = {}, ended = {};  // the last run that has ended, of this daemon
  std::optional<ExitStatus> status = {};
  bool operator==(const JobState&) const = default;
};

struct StreamState {
  HostName host;
  std::string dataset;
  std::uint64_t bytes = 0;     // so far
  std::uint64_t of_bytes = 0;  // estimated; 0: not known
  std::uint64_t rate = 0;      // bytes per second, since it began
  bool operator==(const StreamState&) const = default;
};

struct RunState {
  JobId name;  // the job that it was begun for
  std::vector<JobId> jobs;
  Seconds began{};
  std::uint64_t steps = 0, done = 0, failed = 0;  // of the plan; 0 while there is none
  std::vector<StreamState> streams;               // that go on
  bool operator==(const RunState&) const = default;
};

struct DaemonStatus {
  std::int64_t pid = 0;
  Seconds since{};
  std::string policy_hash;  // of what it runs, which the file may be ahead of
  std::string clock_doubt;  // why it destroys nothing; empty: it may
  std::vector<JobState> jobs;
  std::vector<RunState> runs;
  bool operator==(const DaemonStatus&) const = default;
};

}  // namespace zr
