#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "executor/past_run.h"
#include "planner/json_writer.h"

namespace zr {

// A site's past runs, oldest first, for people and for programs. Pure.

struct HistoryOf {
  std::string site;  // the site file as it was named
  std::string site_name;
  std::span<const PastRun> runs;
  std::size_t limit = 0;  // that many of the newest are told of; 0: all

  std::span<const PastRun> told() const {
    return limit == 0 || limit > runs.size() ? runs : runs.last(limit);
  }
};

// A line for each run, the newest first, with what failed; then, of all that have ended, how long
// the newer took and what they carried beside the older.
std::string history_to_text(const HistoryOf&);

// history.schema.json.
std::string history_to_json(const HistoryOf&);
// One of its runs, for documents that have one.
void write_run(JsonWriter&, const PastRun&);

}  // namespace zr
