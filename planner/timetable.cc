#include "planner/timetable.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "planner/territory.h"

namespace zr {
namespace {

using std::chrono::seconds;

constexpr seconds assumed_interval{3600};

// A job as far as it matters here.
struct Timed {
  std::optional<seconds> every;
  Delay delay;
  Territory reads, makes;
  bool makes_snapshots = true;
};

std::map<JobId, Timed> timed_jobs(const Policy& policy) {
  std::map<JobId, Timed> all;
  const auto add = [&all](const auto& jobs, bool makes_snapshots) {
    for (const auto& job : jobs) {
      all[job.id] = {job.every, job.delay, Territory::read_by(job), Territory::made_by(job),
                     makes_snapshots};
    }
  };
  add(policy.autosnaps, true);
  add(policy.replications, true);
  add(policy.prunes, false);
  return all;
}

using Names = std::set<JobId>;

// All that follows one of these, and so on, without what says `every`.
void add_followers(const std::map<JobId, Timed>& all, Names& turn) {
  std::vector<JobId> unvisited(turn.begin(), turn.end());
  while (!unvisited.empty()) {
    const Territory& made = all.at(unvisited.back()).makes;
    unvisited.pop_back();
    for (const auto& [id, job] : all) {
      const bool follows = !job.every && !turn.contains(id) && job.reads.meets(made);
      if (!follows) continue;
      turn.insert(id);
      unvisited.push_back(id);
    }
  }
}

// FNV-1a (Fowler, Noll, Vo), 64 bits: every machine has to come to the same.
std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  // Of texts that differ in the last character the high bits are alike: mixed as in splitmix64.
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

}  // namespace

std::vector<Turn> timetable(const Policy& policy) {
  const std::map<JobId, Timed> all = timed_jobs(policy);
  std::vector<Turn> turns;
  Names placed;
  const auto add = [&](const JobId& leader, const Timed& job) {
    Names jobs{leader};
    add_followers(all, jobs);
    placed.insert(jobs.begin(), jobs.end());
    turns.push_back({leader,
                     {jobs.begin(), jobs.end()},
                     {job.every.value_or(assumed_interval), job.delay.offset},
                     job.delay.jitter,
                     !job.every});
  };
  for (const auto& [id, job] : all)
    if (job.every) add(id, job);
  // Those that make something first, so that what follows one of them does so.
  for (const bool makes : {true, false}) {
    for (const auto& [id, job] : all)
      if (job.makes_snapshots == makes && !placed.contains(id)) add(id, job);
  }
  std::sort(turns.begin(), turns.end(),
            [](const Turn& a, const Turn& b) { return a.leader < b.leader; });
  return turns;
}

Seconds begin_of(const Turn& turn, const SiteName& site, std::int64_t slot) {
  const Seconds begin = turn.slots.begin(slot);
  if (turn.jitter == seconds(0)) return begin;
  const std::uint64_t number =
      fnv1a(site.value + '\n' + turn.leader.str() + '\n' + std::to_string(slot));
  return begin + seconds(number % (static_cast<std::uint64_t>(turn.jitter.count()) + 1));
}

std::int64_t current_slot(const Turn& turn, const SiteName& site, Seconds now) {
  const std::int64_t slot = turn.slots.of(now);
  return begin_of(turn, site, slot) <= now ? slot : slot - 1;
}

Seconds due_at(const Turn& turn, const SiteName& site, std::optional<Seconds> last, Seconds now) {
  const std::int64_t current = current_slot(turn, site, now);
  if (!last) return begin_of(turn, site, current);
  const std::int64_t done = std::min(current, current_slot(turn, site, *last));
  return begin_of(turn, site, done == current ? current + 1 : current);
}

}  // namespace zr
