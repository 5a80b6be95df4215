#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "executor/progress/progress.h"
#include "executor/run/lock.h"

namespace zr {

// The JSON that the executor writes a line at a time; executor/run/README.md says what is in it.
// Bytes that are no UTF-8 (a program's message) are replaced, so that every line is valid.

// What makes a line of the journal out of an event: the time, and the run it belongs to.
struct Stamp {
  Millis time{};
  std::string run;  // left out where empty
};

// Without the line end. The plan is the one that the event is about.
std::string event_line(const Event&, const Plan&, const Stamp&);
// The first line of a stream of events.
std::string version_line();

// A line that was read back, as far as `history` wants it. None for what is no such line.
struct JournalLine {
  Millis time{};
  std::string run;
  // Of a step; else empty.
  std::string kind, host, dataset, outcome, message;
  std::optional<std::uint64_t> bytes;          // of a start
  std::map<std::string, std::uint64_t> steps;  // of an end, by outcome
};
std::optional<JournalLine> parse_journal_line(std::string_view);

std::string owner_line(const LockOwner&);
// None for anything else, truncated lines and hostile ones included.
std::optional<LockOwner> parse_owner(std::string_view);

}  // namespace zr
