#include "executor/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstdint>

#include "executor/progress_text.h"

namespace zr {
namespace {

// So that what a long batch has done is seen (and journaled) from time to time, and the host's
// other slots get a share.
constexpr std::size_t max_batch = 500;

// Sends and resumes are one kind of work.
constexpr std::size_t stream_kind = std::variant_size_v<Action>;

bool starts_stream(const Action& action) {
  return std::holds_alternative<Send>(action) || std::holds_alternative<Resume>(action);
}

std::size_t batch_limit(const Action& action) {
  if (std::holds_alternative<TakeSnapshot>(action)) return SIZE_MAX;
  const bool batched =
      std::holds_alternative<CreateBookmark>(action) || std::holds_alternative<PlaceHold>(action) ||
      std::holds_alternative<ReleaseHold>(action) || std::holds_alternative<DestroyVersion>(action);
  return batched ? max_batch : 1;
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
    if (is_vertex(step.id) && vertices_[step.id].waits_for == 0) ready(step.id);
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
    const auto queue = queues_.try_emplace(lane_of(step)).first;
    ++queue->second.outstanding;
    vertices_[step.id].queue = queue;
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

std::optional<Unit> Schedule::next() {
  std::map<Lane, Queue>::iterator best = queues_.end();
  std::map<Lane, Queue>::iterator incomplete = queues_.end();
  for (auto it = queues_.begin(); it != queues_.end(); ++it) {
    const auto& [lane, queue] = *it;
    if (queue.ready.empty() || !has_slots(lane)) continue;
    const bool waits_for_company = !lane.group.empty() && queue.ready.size() < queue.outstanding;
    auto& candidate = waits_for_company ? incomplete : best;
    if (candidate == queues_.end() || *queue.ready.begin() < *candidate->second.ready.begin()) {
      candidate = it;
    }
  }
  if (best == queues_.end() && running_ == 0) best = incomplete;
  if (best == queues_.end()) return {};
  return take(best->first, best->second);
}

Unit Schedule::take(const Lane& lane, Queue& queue) {
  Unit unit;
  const StepId first = *queue.ready.begin();
  const std::size_t limit = batch_limit(plan_.step(first).action);
  while (!queue.ready.empty() && unit.steps.size() < limit) {
    const StepId id = queue.ready.extract(queue.ready.begin()).value();
    unit.steps.push_back(id);
    vertices_[id].state = State::running;
  }
  if (const StepId receiver = vertices_[first].receiver; receiver != 0) {
    unit.steps.push_back(receiver);
    unit.is_stream = true;
  }
  --free_.at(lane.host);
  if (lane.receiver != lane.host) --free_.at(lane.receiver);
  ++running_;
  return unit;
}

std::vector<event::StepEnded> Schedule::finish(const Unit& unit,
                                               std::span<const event::StepEnded> ends) {
  assert(ends.size() == unit.steps.size());
  const Lane& lane = vertices_[unit.steps.front()].queue->first;
  ++free_.at(lane.host);
  if (lane.receiver != lane.host) ++free_.at(lane.receiver);
  --running_;

  std::vector<event::StepEnded> skipped;
  for (const event::StepEnded& end : ends) {
    if (!is_vertex(end.step)) continue;  // a stream's two ends have one outcome
    settle(end.step);
    if (end.outcome == event::Outcome::failed) skip_dependents(end.step, skipped);
    if (end.outcome != event::Outcome::done) continue;
    for (const StepId dependent : vertices_[end.step].dependents) {
      Vertex& vertex = vertices_[dependent];
      if (--vertex.waits_for == 0 && vertex.state == State::waiting) ready(dependent);
    }
  }
  std::sort(skipped.begin(), skipped.end(),
            [](const auto& a, const auto& b) { return a.step < b.step; });
  return skipped;
}

void Schedule::ready(StepId id) { vertices_[id].queue->second.ready.insert(id); }

void Schedule::settle(StepId id) {
  Vertex& vertex = vertices_[id];
  vertex.state = State::settled;
  --vertex.queue->second.outstanding;
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

std::vector<StepId> Schedule::abandon() {
  std::vector<StepId> rest;
  for (const Step& step : plan_.steps) {
    if (vertices_[vertex_of_[step.id]].state == State::waiting) rest.push_back(step.id);
  }
  for (auto& [lane, queue] : queues_) queue.ready.clear();
  for (const StepId id : rest) {
    if (is_vertex(id)) settle(id);
  }
  return rest;
}

}  // namespace zr
