#include "executor/daemon/dispatcher.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace zr {

// A run that somebody asked for, or that is due.
struct Dispatcher::Wish {
  JobId name;
  std::vector<JobId> jobs;
  std::optional<Ticket> ticket;
  Territory territory;
  std::optional<std::string> allow_budget = {};
};

Dispatcher::Dispatcher(Policy policy, DaemonMemory memory)
    : policy_(std::move(policy)), memory_(std::move(memory)) {
  learn_policy();
}

// Forgets what is about jobs that are gone.
void Dispatcher::learn_policy() {
  turns_ = timetable(policy_);
  jobs_ = policy_.jobs();
  territories_.clear();
  for (const Turn& turn : turns_) territories_.emplace_back(policy_, turn.jobs);
  std::erase_if(memory_.last, [&](const auto& entry) { return !knows(entry.first); });
  std::erase_if(memory_.paused, [&](const JobId& job) { return !knows(job); });
  std::erase_if(past_, [&](const auto& entry) { return !knows(entry.first); });
}

bool Dispatcher::knows(const JobId& job) const {
  return std::binary_search(jobs_.begin(), jobs_.end(), job);
}

const Turn* Dispatcher::led_by(const JobId& job) const {
  const auto turn =
      std::lower_bound(turns_.begin(), turns_.end(), job,
                       [](const Turn& each, const JobId& wanted) { return each.leader < wanted; });
  return turn == turns_.end() || turn->leader != job ? nullptr : &*turn;
}

std::optional<Seconds> Dispatcher::last_of(const Turn& turn) const {
  const auto last = memory_.last.find(turn.leader);
  return last == memory_.last.end() ? std::nullopt : std::optional(last->second);
}

Seconds Dispatcher::due_of(const Turn& turn, Seconds now) const {
  return due_at(turn, policy_.site, last_of(turn), now);
}

std::vector<JobId> Dispatcher::unpaused(const std::vector<JobId>& jobs) const {
  std::vector<JobId> left;
  std::copy_if(jobs.begin(), jobs.end(), std::back_inserter(left),
               [&](const JobId& job) { return !memory_.paused.contains(job); });
  return left;
}

std::vector<Dispatcher::Wish> Dispatcher::wishes(Seconds now) const {
  std::vector<Wish> all;
  for (const Request& request : requests_) {
    const Turn* turn = led_by(request.job);
    std::vector<JobId> jobs = turn ? unpaused(turn->jobs) : std::vector{request.job};
    if (std::find(jobs.begin(), jobs.end(), request.job) == jobs.end()) {
      jobs.push_back(request.job);
      std::sort(jobs.begin(), jobs.end());
    }
    Territory territory(policy_, jobs);
    all.push_back(
        {request.job, std::move(jobs), request.ticket, std::move(territory), request.allow_budget});
  }
  // Who ran longest ago goes first, so that where there is too much to do everyone comes to its
  // turn.
  std::vector<std::tuple<Seconds, Seconds, const Turn*>> due;
  for (const Turn& turn : turns_) {
    const Seconds at = due_of(turn, now);
    if (at <= now) due.emplace_back(last_of(turn).value_or(Seconds::min()), at, &turn);
  }
  std::sort(due.begin(), due.end());
  for (const auto& [last, at, turn] : due) {
    std::vector<JobId> jobs = unpaused(turn->jobs);
    if (jobs.empty()) continue;
    const Territory& territory = territories_[static_cast<std::size_t>(turn - turns_.data())];
    all.push_back({turn->leader, std::move(jobs), {}, territory});
  }
  return all;
}

// `before`: of those that wait already, so that none of them is overtaken for ever.
bool Dispatcher::may_begin(const Wish& wish, const Territory& before) const {
  if (wish.territory.meets(before)) return false;
  return std::none_of(running_.begin(), running_.end(), [&wish](const auto& entry) {
    const Running& other = entry.second;
    const bool is_itself =
        std::any_of(wish.jobs.begin(), wish.jobs.end(), [&other](const JobId& job) {
          return std::binary_search(other.jobs.begin(), other.jobs.end(), job);
        });
    return is_itself || other.territory.meets(wish.territory);
  });
}

Dispatcher::Start Dispatcher::start(const Wish& wish, Seconds now) {
  Running run{wish.name, wish.jobs, wish.territory, {}, now};
  if (wish.ticket) run.tickets.insert(*wish.ticket);
  std::erase_if(requests_, [&](const Request& request) { return request.ticket == wish.ticket; });
  if (led_by(wish.name)) memory_.last[wish.name] = now;
  running_.emplace(++runs_, std::move(run));
  return {runs_, wish.name, wish.jobs, !std::exchange(has_tidied_, true), wish.allow_budget};
}

std::vector<Dispatcher::Start> Dispatcher::begin(Seconds now) {
  std::vector<Start> starts;
  Territory waiting;
  std::set<JobId> names;
  for (const Wish& wish : wishes(now)) {
    // What somebody asked for is as good as what is due.
    if (!wish.ticket && names.contains(wish.name)) continue;
    names.insert(wish.name);
    if (may_begin(wish, waiting)) {
      starts.push_back(start(wish, now));
    } else {
      waiting.add(wish.territory);
    }
  }
  return starts;
}

std::optional<Seconds> Dispatcher::next(Seconds now) const {
  std::optional<Seconds> next;
  for (const Turn& turn : turns_) {
    const Seconds due = due_of(turn, now);
    // What is due and does not run waits for another's end.
    if (due <= now || unpaused(turn.jobs).empty()) continue;
    if (!next || due < *next) next = due;
  }
  return next;
}

std::set<Ticket> Dispatcher::ended(std::uint64_t run, ExitStatus status, Seconds now) {
  const auto at = running_.find(run);
  if (at == running_.end()) return {};
  Running done = std::move(at->second);
  running_.erase(at);
  for (const JobId& job : done.jobs) past_.insert_or_assign(job, Past{done.began, now, status});
  return std::move(done.tickets);
}

std::optional<Ticket> Dispatcher::wake(const JobId& job, std::optional<std::string> allow_budget) {
  if (!knows(job)) return std::nullopt;
  for (Request& request : requests_) {
    if (request.job != job) continue;
    if (allow_budget) request.allow_budget = std::move(allow_budget);
    return request.ticket;
  }
  requests_.push_back({++tickets_, job, std::move(allow_budget)});
  return tickets_;
}

bool Dispatcher::pause(const JobId& job) {
  if (!knows(job)) return false;
  memory_.paused.insert(job);
  return true;
}

bool Dispatcher::resume(const JobId& job) {
  if (!knows(job)) return false;
  memory_.paused.erase(job);
  return true;
}

std::set<Ticket> Dispatcher::adopt(Policy policy) {
  policy_ = std::move(policy);
  learn_policy();
  has_tidied_ = false;
  std::set<Ticket> gone;
  std::erase_if(requests_, [&](const Request& request) {
    const bool is_gone = !knows(request.job);
    if (is_gone) gone.insert(request.ticket);
    return is_gone;
  });
  return gone;
}

std::vector<JobState> Dispatcher::states(Seconds now) const {
  std::map<JobId, JobState> all;
  for (const JobId& job : jobs_) {
    JobState& state = all[job];
    state.job = job;
    state.is_paused = memory_.paused.contains(job);
    if (const auto past = past_.find(job); past != past_.end()) {
      state.began = past->second.began;
      state.ended = past->second.ended;
      state.status = past->second.status;
    }
  }
  for (const auto& [run, running] : running_) {
    for (const JobId& job : running.jobs)
      if (const auto state = all.find(job); state != all.end()) state->second.is_running = true;
  }
  for (const Request& request : requests_) all.at(request.job).is_wanted = true;
  for (const Turn& turn : turns_) {
    const Seconds due = due_of(turn, now);
    for (const JobId& job : unpaused(turn.jobs)) {
      auto& known = all.at(job).due;
      if (!known || due < *known) known = due;
    }
  }
  std::vector<JobState> sorted;
  sorted.reserve(all.size());
  for (auto& [job, state] : all) sorted.push_back(std::move(state));
  return sorted;
}

}  // namespace zr
