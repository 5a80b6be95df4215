#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "executor/result.h"
#include "planner/plan.h"

namespace zr {

// What happens during a run, as values. Steps are of the plan that RunStarted names.
namespace event {
struct RunStarted {
  const Plan* plan;  // outlives whatever is told of it
};
struct StepStarted {
  StepId step;
};
struct StreamMoved {    // a few times a second
  StepId step;          // the send's or resume's
  std::uint64_t bytes;  // so far
};
struct StreamSent {  // all of it; what it has become is seen later, with others
  StepId step;       // the send's or resume's
};
struct StepRetried {  // an attempt failed, and another is made after the pause
  StepId step;        // the first of those that are done together
  unsigned attempt;   // which failed, from 1
  std::string message;
  std::chrono::milliseconds pause;
};
enum class Outcome { done, failed, skipped, interrupted };
struct StepEnded {
  StepId step;
  Outcome outcome;
  std::string message;                // why it failed or was skipped
  std::optional<Guid> guid = {};      // of the version that it made or brought, where that is known
  std::optional<Remedy> remedy = {};  // of what failed
};
struct RunEnded {
  std::uint64_t done = 0, failed = 0, skipped = 0, interrupted = 0;
};

std::string_view to_string(Outcome);
}  // namespace event
using Event =
    std::variant<event::RunStarted, event::StepStarted, event::StreamMoved, event::StreamSent,
                 event::StepRetried, event::StepEnded, event::RunEnded>;

// Shows a run to a person or a program. Called by one thread at a time.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void on(const Event&) = 0;
};

// Where text goes, each piece in one call. Errors are the sink's to deal with: a terminal that went
// away is no reason to stop a replication.
using WriteText = std::function<void(std::string_view)>;
WriteText fd_sink(int fd);

using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;
using WallClock = std::function<Millis()>;
Millis wall_clock_now();

struct TerminalSize {
  unsigned columns = 80;
  unsigned rows = 24;
};
TerminalSize terminal_size(int fd);

// A line per event, and beneath them, redrawn in place, a bar per running stream and the totals.
std::unique_ptr<Progress> terminal_progress(WriteText, std::function<TerminalSize()>,
                                            SteadyClock = std::chrono::steady_clock::now);
// A line per step that ended, and every 30 seconds one per running stream.
std::unique_ptr<Progress> plain_progress(WriteText, SteadyClock = std::chrono::steady_clock::now);
// A JSON object a line, as written down in executor/run/README.md; the first gives the version.
std::unique_ptr<Progress> json_progress(WriteText, WallClock = wall_clock_now);
std::unique_ptr<Progress> no_progress();

}  // namespace zr
