#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "executor/progress/progress.h"
#include "executor/result.h"

namespace zr {

// Evidence of what was done, as JSON lines, one fsync(2) a record; it decides nothing. The format
// is written down in executor/run/README.md. A torn last line (a crash in the middle of a record)
// is cut off when the file is opened again.
class Journal {
 public:
  virtual ~Journal() = default;
  // Records the start of a run, of each step, and each end, before the step or after it. An error
  // means that the record is not safely there: the caller stops starting steps.
  virtual Result<void> record(const Event&) = 0;
  // Several that belong together (a batch's steps), in order.
  virtual Result<void> record_all(std::span<const Event>);
};

struct JournalOptions {
  // A file that would grow beyond this becomes `<file>.1` (and what that was is gone).
  std::uint64_t rotate_bytes = std::uint64_t{64} << 20;
  WallClock now = wall_clock_now;
};

// One journal for each call, all in one file, which is opened by the first: for runs that go on
// beside each other. Creates the file and its folders where needed. One process at a time: the
// caller holds the site's lock. record_all() is one write(2) and one fsync(2). May be called from
// any thread.
using OpenJournal = std::function<Result<std::unique_ptr<Journal>>()>;
OpenJournal journal_for_runs(std::filesystem::path, JournalOptions = {});
// For a single run, or one after the other.
Result<std::unique_ptr<Journal>> open_journal(const std::filesystem::path&, JournalOptions = {});
// One that keeps nothing, for sites that have no place for it.
std::unique_ptr<Journal> no_journal();

}  // namespace zr
