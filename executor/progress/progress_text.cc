#include "executor/progress/progress_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lang/overloaded.h"
#include "planner/render.h"
#include "planner/render_text.h"

namespace zr {
namespace {

std::string span_of(const std::optional<VersionRef>& from, const VersionRef& to) {
  return from ? from->str() + ".." + to.str() : to.str();
}

}  // namespace

std::string_view event::to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return "done";
    case Outcome::failed:
      return "failed";
    case Outcome::skipped:
      return "skipped";
    case Outcome::interrupted:
      return "interrupted";
  }
  return {};
}

std::string version_of(const Action& action) {
  using Text = std::string;
  return std::visit(
      overloaded{
          [](const CreatePlaceholder&) -> Text { return {}; },
          [](const TakeSnapshot& a) -> Text { return "@" + a.name; },
          [](const Send& a) -> Text { return a.to.str(); },
          [](const Recv&) -> Text { return {}; },
          [](const Resume& a) -> Text { return a.to.str(); },
          [](const AbortReceive&) -> Text { return {}; },
          [](const CreateBookmark& a) { return a.bookmark.empty() ? Text{} : "#" + a.bookmark; },
          [](const PlaceHold& a) -> Text { return a.snapshot.str(); },
          [](const ReleaseHold& a) -> Text { return a.snapshot.str(); },
          [](const Rollback& a) -> Text { return a.to.str(); },
          [](const DestroyVersion& a) -> Text { return a.version.str(); },
          [](const RenameDataset&) -> Text { return {}; },
      },
      action);
}

std::optional<std::uint64_t> stream_bytes_of(const Action& action) {
  if (const auto* send = std::get_if<Send>(&action)) return send->stream_bytes;
  if (const auto* resume = std::get_if<Resume>(&action)) return resume->stream_bytes;
  return {};
}

std::string brief(const Step& step) {
  return fmt::format("{} {}:{}", kind_of(step.action), step.host.value, step.dataset().str());
}

std::string describe(const Step& step) {
  std::string version = version_of(step.action);
  if (const auto* send = std::get_if<Send>(&step.action)) version = span_of(send->from, send->to);
  if (const auto* resume = std::get_if<Resume>(&step.action)) {
    version = span_of(resume->from, resume->to);
  }
  if (const auto* bookmark = std::get_if<CreateBookmark>(&step.action)) {
    if (bookmark->bookmark.empty()) version = " of " + bookmark->of.str();
  }
  if (const auto* rename = std::get_if<RenameDataset>(&step.action)) {
    version = " to " + rename->to.str();
  }
  return brief(step) + version;
}

std::string one_line(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    safe += escaped(line) + (text.empty() ? "" : "; ");
  }
  return safe;
}

std::string indented(std::string_view text, std::string_view by) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    out.append(line == "\n" ? "" : by).append(line);
    text.remove_prefix(line.size());
  }
  return out;
}

std::string line_of(const event::StepEnded& end, const Step& step) {
  std::string line = fmt::format("{:<11} {}", to_string(end.outcome), describe(step));
  if (!end.message.empty()) line += ": " + end.message;
  return one_line(line);
}

std::string line_of(const event::StepRetried& retried, const Step& step) {
  return one_line(fmt::format("{:<11} {} in {:.1f} s: {}", "retrying", describe(step),
                              std::chrono::duration<double>(retried.pause).count(),
                              retried.message));
}

std::string format_rate(double bytes_per_second) {
  return format_bytes(static_cast<std::uint64_t>(std::llround(bytes_per_second))) + "/s";
}

std::string format_elapsed(std::chrono::seconds elapsed) {
  const auto s = elapsed.count();
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace zr
