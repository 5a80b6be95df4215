#include "executor/run/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <type_traits>
#include <variant>

#include "executor/progress/progress_text.h"

namespace zr {
namespace {

// So that what a long batch has done is seen (and journaled) from time to time, and the host's
// other slots get a share.
constexpr std::size_t max_batch = 500;
// What is a process for each takes its time: more of it than this is shared out among free slots.
constexpr std::size_t worth_sharing = 16;

// Sends and resumes are one kind of work; to see what became of them is another.
constexpr std::size_t stream_kind = std::variant_size_v<Action>;
constexpr std::size_t landing_kind = stream_kind + 1;

bool starts_stream(const Action& action) {
  return std::holds_alternative<Send>(action) || std::holds_alternative<Resume>(action);
}

template <class T, std::size_t I = 0>
constexpr bool is(std::size_t kind) {
  if constexpr (std::is_same_v<std::variant_alternative_t<I, Action>, T>) {
    return kind == I;
  } else {
    return is<T, I + 1>(kind);
  }
}

bool is_process_each(std::size_t kind) {
  return is<CreateBookmark>(kind) || is<DestroyVersion>(kind);
}

bool is_batched(std::size_t kind) {
  return is_process_each(kind) || is<PlaceHold>(kind) || is<ReleaseHold>(kind) ||
         kind == landing_kind;
}

}  // namespace

Schedule::Schedule(const Plan& plan, const std::map<HostName, unsigned>& slots)
    : plan_(plan), vertex_of_(plan.steps.size() + 1), vertices_(plan.steps.size() + 1) {
  for (const Step& step : plan.steps) {
    const auto named = slots.find(step.host);
    free_[step.host] = named == slots.end() ? 1 : std::max(named->second, 1U);
  }
  add_vertices();
  add_edges();
  for (const Step& step : plan.steps) {
    Vertex& vertex = vertices_[step.id];
    if (is_vertex(step.id) && vertex.waits_for == 0) ready(step.id, vertex.queue->second, {});
  }
}

void Schedule::add_vertices() {
  for (const Step& step : plan_.steps) {
    const auto* recv = std::get_if<Recv>(&step.action);
    vertex_of_[step.id] = recv ? recv->stream_of : step.id;
    if (recv) vertices_[recv->stream_of].receiver = step.id;
  }
  for (const Step& step : plan_.steps) {
    if (!is_vertex(step.id)) continue;
    Vertex& vertex = vertices_[step.id];
    vertex.queue = queues_.try_emplace(lane_of(step)).first;
    ++vertex.queue->second.to_come;
    if (vertex.receiver == 0) continue;
    const HostName& receiver = plan_.step(vertex.receiver).host;
    vertex.landing = queues_.try_emplace(Lane{receiver, receiver, landing_kind, {}}).first;
    ++vertex.landing->second.to_come;
  }
}

void Schedule::add_edges() {
  for (const Step& step : plan_.steps) {
    const StepId to = vertex_of_[step.id];
    for (const StepId before : step.after) {
      const StepId from = vertex_of_[before];
      if (from == to) continue;  // between the ends of one stream
      vertices_[from].dependents.push_back(to);
      ++vertices_[to].waits_for;
    }
  }
}

Schedule::Lane Schedule::lane_of(const Step& step) const {
  Lane lane{step.host, step.host, step.action.index(), {}};
  if (starts_stream(step.action)) {
    lane.receiver = plan_.step(vertices_[step.id].receiver).host;
    lane.kind = stream_kind;
  }
  if (const auto* snapshot = std::get_if<TakeSnapshot>(&step.action)) {
    lane.group = fmt::format("{}@{}", snapshot->dataset.pool(), snapshot->name);
  }
  return lane;
}

bool Schedule::has_slots(const Lane& lane) const {
  return free_.at(lane.host) > 0 && free_.at(lane.receiver) > 0;
}

bool Schedule::holds_up_work(const Queue& queue) const {
  return std::any_of(queue.ready.begin(), queue.ready.end(), [&](StepId id) {
    const auto& dependents = vertices_[id].dependents;
    return std::any_of(dependents.begin(), dependents.end(), [&](StepId dependent) {
      const Vertex& vertex = vertices_[dependent];
      const bool is_stream_or_company = vertex.receiver != 0 || &vertex.queue->second == &queue;
      return is_stream_or_company && vertex.waits_for == 1;
    });
  });
}

// Waits for company.
bool Schedule::is_lingering(const Queues::value_type& entry, Time now) const {
  const auto& [lane, queue] = entry;
  if (queue.to_come == 0) return false;
  if (!lane.group.empty()) return true;
  return is_batched(lane.kind) && queue.ready.size() < max_batch && now < queue.since + linger &&
         !holds_up_work(queue);
}

std::optional<Unit> Schedule::next(Time now) {
  Queues::iterator best = queues_.end();
  Queues::iterator lingering = queues_.end();
  for (auto it = queues_.begin(); it != queues_.end(); ++it) {
    const auto& [lane, queue] = *it;
    if (queue.ready.empty() || !has_slots(lane)) continue;
    auto& candidate = is_lingering(*it, now) ? lingering : best;
    if (candidate == queues_.end() || *queue.ready.begin() < *candidate->second.ready.begin()) {
      candidate = it;
    }
  }
  if (best == queues_.end() && running_ == 0) best = lingering;
  if (best == queues_.end()) return {};
  return take(best->first, best->second);
}

std::optional<Schedule::Time> Schedule::ask_again_at() const {
  std::optional<Time> at;
  for (const auto& [lane, queue] : queues_) {
    if (queue.ready.empty() || !is_batched(lane.kind) || !has_slots(lane)) continue;
    at = at ? std::min(*at, queue.since + linger) : queue.since + linger;
  }
  return at;
}

std::size_t Schedule::batch_limit(const Lane& lane, const Queue& queue) const {
  if (is<TakeSnapshot>(lane.kind)) return SIZE_MAX;
  if (!is_batched(lane.kind)) return 1;
  if (!is_process_each(lane.kind)) return max_batch;
  const std::size_t free = free_.at(lane.host);
  return std::clamp((queue.ready.size() + free - 1) / free, worth_sharing, max_batch);
}

Unit Schedule::take(const Lane& lane, Queue& queue) {
  Unit unit;
  if (lane.kind == stream_kind) unit.kind = Unit::Kind::stream;
  if (lane.kind == landing_kind) unit.kind = Unit::Kind::landings;
  for (std::size_t left = batch_limit(lane, queue); left > 0 && !queue.ready.empty(); --left) {
    const StepId id = queue.ready.extract(queue.ready.begin()).value();
    Vertex& vertex = vertices_[id];
    if (lane.kind != landing_kind) vertex.state = State::running;
    unit.steps.push_back(id);
    if (vertex.receiver != 0) unit.steps.push_back(vertex.receiver);
  }
  --free_.at(lane.host);
  if (lane.receiver != lane.host) --free_.at(lane.receiver);
  ++running_;
  return unit;
}

void Schedule::give_back(const Lane& lane) {
  ++free_.at(lane.host);
  if (lane.receiver != lane.host) ++free_.at(lane.receiver);
  --running_;
}

void Schedule::sent(const Unit& unit, Time now) {
  Vertex& vertex = vertices_[unit.steps.front()];
  give_back(vertex.queue->first);
  vertex.state = State::sent;
  ready(unit.steps.front(), vertex.landing->second, now);
}

std::vector<event::StepEnded> Schedule::finish(const Unit& unit,
                                               std::span<const event::StepEnded> ends, Time now) {
  assert(ends.size() == unit.steps.size());
  const Vertex& first = vertices_[unit.steps.front()];
  give_back((unit.kind == Unit::Kind::landings ? first.landing : first.queue)->first);

  std::vector<event::StepEnded> skipped;
  for (const event::StepEnded& end : ends) {
    if (!is_vertex(end.step)) continue;  // a stream's two ends have one outcome
    settle(end.step);
    if (end.outcome == event::Outcome::failed) skip_dependents(end.step, skipped);
    if (end.outcome != event::Outcome::done) continue;
    for (const StepId dependent : vertices_[end.step].dependents) {
      Vertex& vertex = vertices_[dependent];
      if (--vertex.waits_for == 0 && vertex.state == State::waiting) {
        ready(dependent, vertex.queue->second, now);
      }
    }
  }
  std::sort(skipped.begin(), skipped.end(),
            [](const auto& a, const auto& b) { return a.step < b.step; });
  return skipped;
}

void Schedule::ready(StepId id, Queue& queue, Time now) {
  if (queue.ready.empty()) queue.since = now;
  queue.ready.insert(id);
  --queue.to_come;
  State& state = vertices_[id].state;
  if (state == State::waiting) state = State::ready;
}

void Schedule::settle(StepId id) {
  Vertex& vertex = vertices_[id];
  if (vertex.state == State::waiting) --vertex.queue->second.to_come;
  if (vertex.receiver != 0 && vertex.state != State::sent) --vertex.landing->second.to_come;
  vertex.state = State::settled;
}

void Schedule::skip_dependents(StepId failed, std::vector<event::StepEnded>& skipped) {
  const StepId receiver = vertices_[failed].receiver;
  const StepId culprit = receiver != 0 ? receiver : failed;
  const std::string why =
      fmt::format("skipped because step {} ({}) failed", culprit, brief(plan_.step(culprit)));
  std::vector<StepId> open{failed};
  while (!open.empty()) {
    const StepId id = open.back();
    open.pop_back();
    for (const StepId dependent : vertices_[id].dependents) {
      if (vertices_[dependent].state == State::settled) continue;
      settle(dependent);
      open.push_back(dependent);
      skipped.push_back({dependent, event::Outcome::skipped, why});
      if (const StepId end = vertices_[dependent].receiver; end != 0) {
        skipped.push_back({end, event::Outcome::skipped, why});
      }
    }
  }
}

Schedule::Rest Schedule::abandon() {
  Rest rest;
  for (const Step& step : plan_.steps) {
    const State state = vertices_[vertex_of_[step.id]].state;
    if (state == State::waiting || state == State::ready) rest.not_started.push_back(step.id);
    if (state == State::sent) rest.not_seen.push_back(step.id);
  }
  for (auto& [lane, queue] : queues_) queue.ready.clear();
  for (const auto* steps : {&rest.not_started, &rest.not_seen}) {
    for (const StepId id : *steps) {
      if (is_vertex(id)) settle(id);
    }
  }
  return rest;
}

}  // namespace zr
