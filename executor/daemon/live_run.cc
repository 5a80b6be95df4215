#include "executor/daemon/live_run.h"

#include <utility>

#include "executor/progress/progress_text.h"
#include "lang/overloaded.h"

namespace zr {

LiveRun::LiveRun(JobId name, std::vector<JobId> jobs, Seconds began, SteadyClock clock)
    : clock_(std::move(clock)) {
  run_.name = std::move(name);
  run_.jobs = std::move(jobs);
  run_.began = began;
}

void LiveRun::begin_stream(StepId id) {
  const Step& step = plan_->step(id);
  if (const auto bytes = stream_bytes_of(step.action))
    streams_[id] = {{step.host, step.dataset().str(), 0, *bytes, 0}, clock_()};
}

void LiveRun::move_stream(const event::StreamMoved& moved) {
  const auto found = streams_.find(moved.step);
  if (found == streams_.end()) return;
  auto& [state, began] = found->second;
  const std::chrono::duration<double> since = clock_() - began;
  state.bytes = moved.bytes;
  if (since.count() > 0)
    state.rate = static_cast<std::uint64_t>(static_cast<double>(moved.bytes) / since.count());
}

void LiveRun::on(const Event& event) {
  const std::lock_guard lock(mutex_);
  std::visit(overloaded{
                 [&](const event::RunStarted& e) {
                   plan_ = e.plan;
                   run_.steps = plan_->steps.size();
                   run_.done = run_.failed = 0;
                 },
                 [&](const event::StepStarted& e) {
                   if (plan_) begin_stream(e.step);
                 },
                 [&](const event::StreamMoved& e) { move_stream(e); },
                 [&](const event::StepEnded& e) {
                   streams_.erase(e.step);
                   if (e.outcome == event::Outcome::done) ++run_.done;
                   if (e.outcome == event::Outcome::failed) ++run_.failed;
                 },
                 [&](const event::RunEnded&) {
                   plan_ = nullptr;
                   streams_.clear();
                 },
                 [](const event::StreamSent&) {},
                 [](const event::StepRetried&) {},
             },
             event);
}

RunState LiveRun::state() const {
  const std::lock_guard lock(mutex_);
  RunState state = run_;
  for (const auto& [step, stream] : streams_) state.streams.push_back(stream.state);
  return state;
}

}  // namespace zr
