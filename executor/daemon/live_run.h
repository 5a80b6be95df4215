#pragma once

#include <map>
#include <mutex>

#include "executor/daemon_status.h"
#include "executor/progress/progress.h"

namespace zr {

// What one run is doing now. Told by the thread of the run, asked by others.
class LiveRun final : public Progress {
 public:
  LiveRun(JobId name, std::vector<JobId> jobs, Seconds began,
          SteadyClock clock = std::chrono::steady_clock::now);

  void on(const Event&) override;
  RunState state() const;

 private:
  struct Stream {
    StreamState state;
    std::chrono::steady_clock::time_point began;
  };
  void begin_stream(StepId);
  void move_stream(const event::StreamMoved&);

  const SteadyClock clock_;
  const Plan* plan_ = nullptr;  // from its RunStarted to its RunEnded
  mutable std::mutex mutex_;    // guards what follows
  RunState run_;                // without its streams
  std::map<StepId, Stream> streams_;
};

// Tells both, the first one first.
class BothProgress final : public Progress {
 public:
  BothProgress(Progress& first, Progress& second) : first_(first), second_(second) {}
  void on(const Event& event) override {
    first_.on(event);
    second_.on(event);
  }

 private:
  Progress& first_;
  Progress& second_;
};

}  // namespace zr
