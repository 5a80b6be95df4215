#include "executor/serve/serve_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include "executor/machine/descriptor.h"
#include "planner/render.h"
#include "planner/render_text.h"

namespace zr {
namespace {

LogLine system_log() {
  ::openlog("zrepl", LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
  return [](std::string_view text) {
    ::syslog(LOG_NOTICE, "%.*s", static_cast<int>(text.size()), text.data());
  };
}

}  // namespace

Result<LogLine> open_log(const std::optional<std::string>& file) {
  if (!file) return system_log();
  const auto log = std::make_shared<Descriptor>(
      ::open(file->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600));
  if (log->get() < 0) {
    return Error{Remedy::give_up,
                 fmt::format("can't open the log {}: {}", shown(*file), std::strerror(errno))};
  }
  return LogLine([log](std::string_view text) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string line = fmt::format("{} {}\n", format_time(now), text);
    // A full disk is no reason to serve worse.
    [[maybe_unused]] const ssize_t n = ::write(log->get(), line.data(), line.size());
  });
}

OnDenied log_denials(LogLine log) {
  return [log = std::move(log)](const Denial& denial) {
    log(fmt::format("{}: denied {} of {}: {}", shown(denial.identity), shown(denial.call),
                    shown(denial.dataset), denial.reason));
  };
}

}  // namespace zr
