#include "executor/report/line_diff.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace zr {
namespace {

using Lines = std::vector<std::uint32_t>;

// A stretch of both texts that is yet to be compared.
using Range = Edit;

struct Match {
  std::size_t before = 0;
  std::size_t after = 0;
};

// How many edits the exact algorithm looks for at once; its cost is the square of this.
constexpr int most_edits = 256;

// Of the matches, which are in the order of `after`, the longest run that is also in the order of
// `before`.
std::vector<Match> longest_increasing(const std::vector<Match>& matches) {
  std::vector<std::size_t> ends;  // of a run of each length, the match that ends it earliest
  std::vector<std::size_t> previous(matches.size());
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const auto at = std::lower_bound(
        ends.begin(), ends.end(), matches[i].before,
        [&](std::size_t end, std::size_t before) { return matches[end].before < before; });
    previous[i] = at == ends.begin() ? i : *(at - 1);
    if (at == ends.end()) {
      ends.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<Match> run(ends.size());
  std::size_t at = ends.empty() ? 0 : ends.back();
  for (std::size_t i = run.size(); i-- > 0; at = previous[at]) run[i] = matches[at];
  return run;
}

class LineDiff {
 public:
  LineDiff(const Lines& before, const Lines& after) : before_(before), after_(after) {}

  // Lines that both texts have exactly once hold the comparison together (as in a patience diff);
  // what lies between two of them is compared exactly, in pieces if it has many edits.
  std::vector<Edit> run() {
    Range all = trimmed({0, before_.size(), 0, after_.size()});
    std::size_t before = all.before_begin;
    std::size_t after = all.after_begin;
    for (const Match& match : longest_increasing(unique_matches(all))) {
      compare({before, match.before, after, match.after});
      before = match.before + 1;
      after = match.after + 1;
    }
    compare({before, all.before_end, after, all.after_end});
    return std::move(edits_);
  }

 private:
  Range trimmed(Range range) const {
    const auto is_empty = [&] {
      return range.before_begin == range.before_end || range.after_begin == range.after_end;
    };
    while (!is_empty() && before_[range.before_begin] == after_[range.after_begin])
      ++range.before_begin, ++range.after_begin;
    while (!is_empty() && before_[range.before_end - 1] == after_[range.after_end - 1])
      --range.before_end, --range.after_end;
    return range;
  }

  std::vector<Match> unique_matches(const Range& range) const {
    struct Seen {
      std::size_t in_before = 0;
      std::size_t in_after = 0;
      std::size_t at = 0;
    };
    std::unordered_map<std::uint32_t, Seen> seen;
    for (std::size_t i = range.before_begin; i < range.before_end; ++i) {
      Seen& line = seen[before_[i]];
      ++line.in_before;
      line.at = i;
    }
    for (std::size_t i = range.after_begin; i < range.after_end; ++i) ++seen[after_[i]].in_after;
    std::vector<Match> matches;
    for (std::size_t i = range.after_begin; i < range.after_end; ++i) {
      const Seen& line = seen[after_[i]];
      if (line.in_before == 1 && line.in_after == 1) matches.push_back({line.at, i});
    }
    return matches;
  }

  void compare(Range range) {
    do {
      range = trimmed(range);
      const Path path = path_through(range);
      for (const Match& match : path.matches) {
        add({range.before_begin, match.before, range.after_begin, match.after});
        range.before_begin = match.before + 1;
        range.after_begin = match.after + 1;
      }
      add({range.before_begin, path.end.before, range.after_begin, path.end.after});
      range.before_begin = path.end.before;
      range.after_begin = path.end.after;
    } while (range.before_begin < range.before_end || range.after_begin < range.after_end);
  }

  // The lines that stay on the way from a range's beginning to where `end` is.
  struct Path {
    std::vector<Match> matches;
    Match end;
  };

  // Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986). Where it
  // would take too many edits to the range's end, the path stops as far as it got with that many.
  Path path_through(const Range& range) const {
    const auto width = static_cast<int>(range.before_end - range.before_begin);
    const auto height = static_cast<int>(range.after_end - range.after_begin);
    if (width == 0 || height == 0) return {{}, {range.before_end, range.after_end}};
    Trace trace;
    Point furthest;  // inside the range, and not at its beginning: one edit alone leads on
    std::size_t furthest_edits = 0;
    for (int edits = 0; edits <= most_edits; ++edits) {
      trace.emplace_back(2 * static_cast<std::size_t>(edits) + 1);
      for (int diagonal = -edits; diagonal <= edits; diagonal += 2) {
        int x = begin_of(trace, edits, diagonal);
        int y = x - diagonal;
        while (x < width && y < height && same(range, x, y)) ++x, ++y;
        reach(trace, edits, diagonal) = x;
        if (x > width || y > height || x + y <= furthest.x + furthest.y) continue;
        furthest = {x, y};
        furthest_edits = static_cast<std::size_t>(edits);
      }
      if (furthest.x == width && furthest.y == height) break;
    }
    trace.resize(furthest_edits + 1);
    return {walk_back(trace, range, furthest), place(range, furthest)};
  }

  // For each number of edits, how far to the right each diagonal reaches with them.
  using Trace = std::vector<std::vector<int>>;
  struct Point {
    int x = 0;
    int y = 0;
  };

  static int& reach(Trace& trace, int edits, int diagonal) {
    std::vector<int>& reached = trace[static_cast<std::size_t>(edits)];
    return *(reached.begin() + edits + diagonal);
  }

  // Whether the best way to a diagonal inserts a line; else it removes one.
  static bool inserts(Trace& trace, int edits, int diagonal) {
    if (diagonal == -edits) return true;
    return diagonal != edits &&
           reach(trace, edits - 1, diagonal - 1) < reach(trace, edits - 1, diagonal + 1);
  }

  // Where that way enters the diagonal.
  static int begin_of(Trace& trace, int edits, int diagonal) {
    if (edits == 0) return 0;
    return inserts(trace, edits, diagonal) ? reach(trace, edits - 1, diagonal + 1)
                                           : reach(trace, edits - 1, diagonal - 1) + 1;
  }

  static std::vector<Match> walk_back(Trace& trace, const Range& range, Point at) {
    std::vector<Match> matches;
    for (int edits = static_cast<int>(trace.size()) - 1; edits >= 0; --edits) {
      const int diagonal = at.x - at.y;
      for (const int begin = begin_of(trace, edits, diagonal); at.x > begin;) {
        --at.x, --at.y;
        matches.push_back(place(range, at));
      }
      if (edits > 0) --(inserts(trace, edits, diagonal) ? at.y : at.x);
    }
    std::reverse(matches.begin(), matches.end());
    return matches;
  }

  static Match place(const Range& range, Point at) {
    return {range.before_begin + static_cast<std::size_t>(at.x),
            range.after_begin + static_cast<std::size_t>(at.y)};
  }

  bool same(const Range& range, int x, int y) const {
    return before_[range.before_begin + static_cast<std::size_t>(x)] ==
           after_[range.after_begin + static_cast<std::size_t>(y)];
  }

  void add(const Edit& edit) {
    if (edit.before_begin == edit.before_end && edit.after_begin == edit.after_end) return;
    if (!edits_.empty() && edits_.back().before_end == edit.before_begin &&
        edits_.back().after_end == edit.after_begin) {
      edits_.back().before_end = edit.before_end;
      edits_.back().after_end = edit.after_end;
    } else {
      edits_.push_back(edit);
    }
  }

  const Lines& before_;
  const Lines& after_;
  std::vector<Edit> edits_;
};

}  // namespace

std::vector<Edit> line_edits(const std::vector<std::uint32_t>& before,
                             const std::vector<std::uint32_t>& after) {
  return LineDiff(before, after).run();
}

}  // namespace zr
