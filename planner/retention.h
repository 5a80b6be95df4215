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

// One of the periods that a keep sorts snapshots into: an interval of a grid, or a calendar's.
struct Bucket {
  std::size_t group = 0;     // of a grid, from 0; 0 of a calendar
  std::uint64_t number = 0;  // in its group, from 0, the youngest first; empty ones count too
  Seconds begin{};           // the old end of an interval; some moment of a calendar's period
  // As places in the snapshots that were given.
  std::vector<std::size_t> winners;  // that stay for it, oldest first; at least one
  std::vector<std::size_t> others;   // that fall into it as well
};

// How the snapshots fall into the periods of one keep.
struct Buckets {
  const Keep* keep = nullptr;
  Seconds from{};                // of a grid, where it is laid back from
  std::vector<Bucket> occupied;  // the youngest first
  std::size_t older = 0;         // snapshots that are past all of them
};

// For those of the keeps that have periods, in their order; given what judge() is given, and of one
// mind with it.
std::vector<Buckets> buckets(std::span<const Candidate> snapshots, std::span<const Keep> keeps,
                             Seconds now);

}  // namespace zr
