#include "executor/progress/progress_streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "executor/progress/progress_text.h"
#include "planner/render.h"

namespace zr {
namespace {

// How long the past counts in a rate: long enough to be calm, short enough to follow a change.
constexpr double memory_seconds = 5;
// An estimate beyond this says nothing to anyone.
constexpr double longest_seconds = 100 * 3600;

}  // namespace

std::optional<std::chrono::seconds> RunningStreams::Stream::remaining() const {
  if (bytes_per_second <= 0 || of_bytes <= bytes) return {};
  const double seconds = static_cast<double>(of_bytes - bytes) / bytes_per_second;
  if (seconds > longest_seconds) return {};
  return std::chrono::seconds(std::llround(seconds));
}

std::string RunningStreams::Stream::str() const {
  std::string text = format_bytes(bytes);
  if (of_bytes > 0) text += " of " + format_bytes(of_bytes);
  if (bytes_per_second > 0) text += ", " + format_rate(bytes_per_second);
  if (const auto left = remaining()) text += ", " + format_elapsed(*left) + " left";
  return text;
}

void RunningStreams::start(const Step& step, Time now) {
  const auto bytes = stream_bytes_of(step.action);
  if (bytes) streams_[step.id] = {now, now, 0, *bytes, 0, {}};
}

void RunningStreams::move(StepId step, std::uint64_t bytes, Time now) {
  const auto it = streams_.find(step);
  if (it == streams_.end()) return;
  Stream& s = it->second;
  const double elapsed = std::chrono::duration<double>(now - s.moved).count();
  if (bytes < s.bytes) {  // it began again
    s = {now, now, bytes, s.of_bytes, 0, {}};
  } else if (elapsed > 0) {
    const double rate = static_cast<double>(bytes - s.bytes) / elapsed;
    const double weight = s.moved == s.started ? 1 : 1 - std::exp(-elapsed / memory_seconds);
    s.bytes_per_second += weight * (rate - s.bytes_per_second);
    s.moved = now;
    s.bytes = bytes;
  } else {
    s.bytes = bytes;
  }
}

void RunningStreams::sent(StepId step, Time now) {
  auto node = streams_.extract(step);
  if (node.empty()) return;
  node.mapped().sent = now;
  sent_.insert(std::move(node));
}

std::uint64_t RunningStreams::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto* streams : {&streams_, &sent_}) {
    for (const auto& [id, stream] : *streams) bytes += std::min(stream.bytes, stream.of_bytes);
  }
  return bytes;
}

std::optional<RunningStreams::Stream> RunningStreams::end(StepId step) {
  auto node = sent_.extract(step);
  if (node.empty()) node = streams_.extract(step);
  if (node.empty()) return {};
  return node.mapped();
}

}  // namespace zr
