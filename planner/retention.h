#pragma once

#include <span>
#include <string>
#include <vector>

#include "lang/retention.h"
#include "planner/world.h"

namespace zr {

struct Verdict {
  bool keep = false;
  // Why none of the keeps wants it ("daily 7: @a stands for 2026-11-21; not among the last 4"), or,
  // where it was asked for, every keep that does.
  std::string reason;
};

struct Candidate {
  const Version* version = nullptr;
  bool not_replicated = false;  // a job will still send it somewhere
};

enum class Explain { destroys, everything };

// Judges the snapshots that a prune matches. `snapshots` are sorted by createtxg, oldest first, and
// so are the verdicts. Ages count from the newest's creation, but never from later than `now`. The
// newest always stays, and so does whatever was not created before it. Total: any creation times in
// any order, any counts and lengths. O(snapshots x keeps).
//
// Judging what is left again gives the same verdicts: a snapshot that goes decides nothing about
// the others. The grid is zrepl's (pruning/retentiongrid, v0.7): closed at an interval's old end,
// open at its young end, the oldest stay.
std::vector<Verdict> judge(std::span<const Candidate> snapshots, std::span<const Keep> keeps,
                           Seconds now, Explain = Explain::destroys);

}  // namespace zr
