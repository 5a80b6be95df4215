#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "executor/progress/progress.h"
#include "planner/plan.h"

namespace zr {

// What is known of the streams that run: how far, how fast, how long still. For printers.
class RunningStreams {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Stream {
    Time started;
    Time moved;
    std::uint64_t bytes = 0;
    std::uint64_t of_bytes = 0;  // estimated; 0 when that is not known
    double bytes_per_second = 0;
    std::optional<Time> sent;  // all of it, then

    // At the present rate; none while there is no telling.
    std::optional<std::chrono::seconds> remaining() const;
    // "1.2 GiB of 4.0 GiB, 80 MiB/s, 0:35 left"
    std::string str() const;
  };

  // A step that is no stream's sending end is not kept.
  void start(const Step&, Time now);
  void move(StepId, std::uint64_t bytes, Time now);
  // It is not among all() any more.
  void sent(StepId, Time now);
  // What it was when it ended; none for a step that is no running stream.
  std::optional<Stream> end(StepId);

  const std::map<StepId, Stream>& all() const { return streams_; }
  // Of all that have not ended, also those that were sent; of each no more than was estimated.
  std::uint64_t bytes() const;

 private:
  std::map<StepId, Stream> streams_, sent_;
};

}  // namespace zr
