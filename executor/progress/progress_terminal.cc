#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "executor/progress/progress.h"
#include "executor/progress/progress_streams.h"
#include "executor/progress/progress_text.h"
#include "planner/render.h"

namespace zr {
namespace {

constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr std::size_t bar_width = 20;

// What the area at the bottom needs. Everything is ASCII: names of datasets and the rest are, so
// that bytes are columns.
std::string clipped(std::string text, std::size_t columns) {
  if (text.size() <= columns) return text;
  if (columns < 4) return text.substr(0, columns);
  return text.substr(0, columns - 3) + "...";
}

std::string bar(std::uint64_t bytes, std::uint64_t of_bytes) {
  const double part =
      static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(of_bytes, 1));
  const auto filled = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * bar_width);
  std::string text(filled, '=');
  if (filled < bar_width) text += '>';
  text.resize(bar_width, ' ');
  return "[" + text + "]";
}

class TerminalProgress final : public Progress {
 public:
  TerminalProgress(WriteText sink, std::function<TerminalSize()> size, SteadyClock now)
      : sink_(std::move(sink)), size_(std::move(size)), now_(std::move(now)) {}

  void on(const Event& event) override {
    std::visit([this](const auto& e) { this->tell(e); }, event);
  }

 private:
  void tell(const event::RunStarted& start) {
    plan_ = start.plan;
    summary_ = plan_->summary();
    draw({});
  }

  void tell(const event::StepStarted& start) {
    started_.insert(start.step);
    streams_.start(plan_->step(start.step), now_());
    draw_if_due();
  }

  void tell(const event::StreamMoved& moved) {
    streams_.move(moved.step, moved.bytes, now_());
    draw_if_due();
  }

  void tell(const event::StreamSent& sent) {
    streams_.sent(sent.step, now_());
    draw_if_due();
  }

  void tell(const event::StepRetried& retried) {
    draw(line_of(retried, plan_->step(retried.step)));
  }

  void tell(const event::StepEnded& end) {
    const Step& step = plan_->step(end.step);
    const bool started = started_.erase(end.step) > 0;
    ++ended_;
    if (const auto stream = streams_.end(end.step)) {
      ended_bytes_ += end.outcome == event::Outcome::done ? stream->of_bytes : stream->bytes;
    }
    const bool worth_a_line = !std::holds_alternative<Recv>(step.action) &&
                              (started || end.outcome != event::Outcome::interrupted);
    if (worth_a_line) {
      draw(line_of(end, step));
    } else {
      draw_if_due();
    }
  }

  void tell(const event::RunEnded&) {
    finished_ = true;
    draw({});
  }

  void draw_if_due() {
    if (now_() - drawn_ >= redraw_interval) draw({});
  }

  // Over what was drawn before, in one write: each line is overwritten and its rest erased, never
  // the whole area first, so that nothing flickers. `above` stays on the screen.
  void draw(const std::string& above) {
    drawn_ = now_();
    std::string text;
    if (lines_ > 0) text += fmt::format("\r\x1b[{}A", lines_);
    if (!above.empty()) text += above + "\x1b[K\n";
    const std::vector<std::string> area = finished_ ? std::vector<std::string>{} : area_lines();
    for (const std::string& line : area) text += line + "\x1b[K\n";
    text += "\x1b[J";
    lines_ = area.size();
    sink_(text);
  }

  std::vector<std::string> area_lines() const {
    const TerminalSize size = size_();
    const std::size_t columns = std::max(size.columns, 2U) - 1;  // the last one may wrap
    const std::size_t room = std::max(size.rows, 4U) - 3;        // totals, "more", and the cursor
    std::vector<std::string> lines;
    for (const auto& [id, stream] : streams_.all()) {
      if (lines.size() == room) break;
      lines.push_back(clipped(stream_line(plan_->step(id), stream, columns), columns));
    }
    if (const std::size_t hidden = streams_.all().size() - lines.size(); hidden > 0) {
      lines.push_back(clipped(fmt::format("  and {} more", hidden), columns));
    }
    lines.push_back(clipped(totals_line(), columns));
    return lines;
  }

  // The name gives way first: how far it is matters more than the end of a long path.
  static std::string stream_line(const Step& step, const RunningStreams::Stream& stream,
                                 std::size_t columns) {
    std::string rest = " " + stream.str();
    if (stream.of_bytes > 0) rest = " " + bar(stream.bytes, stream.of_bytes) + rest;
    const std::size_t room = columns > rest.size() + 12 ? columns - rest.size() : 12;
    return clipped(describe(step), std::min<std::size_t>(room, 60)) + rest;
  }

  std::string totals_line() const {
    double rate = 0;
    for (const auto& [id, stream] : streams_.all()) rate += stream.bytes_per_second;
    std::string text = fmt::format("{} of {} steps", ended_, plan_->steps.size());
    if (summary_.bytes == 0) return text;
    RunningStreams::Stream all;
    all.bytes = std::min(ended_bytes_ + streams_.bytes(), summary_.bytes);
    all.of_bytes = summary_.bytes;
    all.bytes_per_second = rate;
    return text + ", " + all.str();
  }

  const WriteText sink_;
  const std::function<TerminalSize()> size_;
  const SteadyClock now_;
  const Plan* plan_ = nullptr;
  Summary summary_;
  RunningStreams streams_;
  std::set<StepId> started_;
  std::size_t ended_ = 0;
  std::uint64_t ended_bytes_ = 0;
  std::chrono::steady_clock::time_point drawn_{};
  std::size_t lines_ = 0;  // of the area, as they are on the screen
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<Progress> terminal_progress(WriteText sink, std::function<TerminalSize()> size,
                                            SteadyClock now) {
  return std::make_unique<TerminalProgress>(std::move(sink), std::move(size), std::move(now));
}

}  // namespace zr
