#include "executor/daemon/daemon_log.h"

#include <fmt/format.h>

#include <string>

#include "planner/render.h"

namespace zr {

void DaemonLog::say(Level level, std::string_view who, std::string_view text) {
  if (level == Level::debug && !to_journal_) return;
  const std::string head =
      to_journal_ ? fmt::format("<{}>", static_cast<int>(level)) : format_time(clock_()) + " ";
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.empty()) continue;
    lines += head;
    if (!who.empty()) lines.append(who).append(": ");
    lines.append(line).append("\n");
  }
  const std::lock_guard lock(mutex_);
  if (!lines.empty()) write_(lines);
}

}  // namespace zr
