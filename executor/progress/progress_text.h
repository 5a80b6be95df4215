#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "executor/progress/progress.h"
#include "planner/plan.h"

namespace zr {

// The words that progress, reports and messages have in common.

// "destroy nas:tank/db@a"; a stream as its sending end sees it: "send nas:tank/db@a..@b".
std::string describe(const Step&);
// "recv vault:fast/db": what is enough to find the step.
std::string brief(const Step&);

// The version that a step is about, "@a" or "#a"; empty where there is none.
std::string version_of(const Action&);
// The bytes that a stream was estimated to bring; none for what is no stream's sending end.
std::optional<std::uint64_t> stream_bytes_of(const Action&);

// On one line and safe to print, whatever it holds: escaped, line ends as "; ".
std::string one_line(std::string_view);
// Every line that is not empty begins with `by`; `text` ends with a line end.
std::string indented(std::string_view text, std::string_view by);

// "done      destroy nas:tank/db@a", "failed    send nas:tank/db@b: cannot …".
std::string line_of(const event::StepEnded&, const Step&);
// "retrying  send nas:tank/db@b in 0.4 s: connection refused"
std::string line_of(const event::StepRetried&, const Step&);

std::string format_rate(double bytes_per_second);  // "80.0 MiB/s"
std::string format_elapsed(std::chrono::seconds);  // "0:35", "2:03:35"

}  // namespace zr
