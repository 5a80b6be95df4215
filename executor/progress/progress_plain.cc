#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "executor/progress/progress.h"
#include "executor/progress/progress_streams.h"
#include "executor/progress/progress_text.h"
#include "planner/render.h"

namespace zr {
namespace {

constexpr auto stream_interval = std::chrono::seconds(30);

class PlainProgress final : public Progress {
 public:
  PlainProgress(WriteText sink, SteadyClock now) : sink_(std::move(sink)), now_(std::move(now)) {}

  void on(const Event& event) override {
    std::visit([this](const auto& e) { this->tell(e); }, event);
  }

 private:
  void tell(const event::RunStarted& start) { plan_ = start.plan; }

  void tell(const event::StepStarted& start) {
    started_.insert(start.step);
    streams_.start(plan_->step(start.step), now_());
    told_[start.step] = now_();
  }

  void tell(const event::StreamMoved& moved) {
    const auto now = now_();
    streams_.move(moved.step, moved.bytes, now);
    auto& told = told_[moved.step];
    const auto stream = streams_.all().find(moved.step);
    if (now - told < stream_interval || stream == streams_.all().end()) return;
    told = now;
    line(fmt::format("{:<11} {}: {}", "running", describe(plan_->step(moved.step)),
                     stream->second.str()));
  }

  void tell(const event::StreamSent& sent) { streams_.sent(sent.step, now_()); }

  void tell(const event::StepRetried& retried) {
    line(line_of(retried, plan_->step(retried.step)));
  }

  // A step that was never started is the summary's to count.
  void tell(const event::StepEnded& end) {
    const Step& step = plan_->step(end.step);
    const bool started = started_.erase(end.step) > 0;
    told_.erase(end.step);
    const auto stream = streams_.end(end.step);
    if (std::holds_alternative<Recv>(step.action)) return;  // its sender's line says it
    if (end.outcome == event::Outcome::interrupted && !started) return;
    std::string text = line_of(end, step);
    if (stream && end.outcome == event::Outcome::done) {
      const auto took = std::chrono::duration_cast<std::chrono::seconds>(
          stream->sent.value_or(now_()) - stream->started);
      text += fmt::format(" ({} in {})", format_bytes(stream->bytes), format_elapsed(took));
    }
    line(text);
  }

  void tell(const event::RunEnded&) {}

  void line(const std::string& text) { sink_(one_line(text) + "\n"); }

  const WriteText sink_;
  const SteadyClock now_;
  const Plan* plan_ = nullptr;
  RunningStreams streams_;
  std::set<StepId> started_;
  std::map<StepId, std::chrono::steady_clock::time_point> told_;
};

}  // namespace

std::unique_ptr<Progress> plain_progress(WriteText sink, SteadyClock now) {
  return std::make_unique<PlainProgress>(std::move(sink), std::move(now));
}

}  // namespace zr
