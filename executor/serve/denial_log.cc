#include "executor/serve/denial_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include "executor/machine/descriptor.h"
#include "planner/render.h"
#include "planner/render_text.h"

namespace zr {

std::string line_of(const Denial& denial) {
  return fmt::format("{}: denied {} of {}: {}", shown(denial.identity), shown(denial.call),
                     shown(denial.dataset), denial.reason);
}

Result<OnDenied> denial_log(const std::optional<std::string>& file) {
  if (!file) {
    ::openlog("zrepl", LOG_PID, LOG_AUTHPRIV);
    return OnDenied([](const Denial& denial) { ::syslog(LOG_NOTICE, "%s", line_of(denial).c_str()); });
  }
  const auto log = std::make_shared<Descriptor>(
      ::open(file->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600));
  if (log->get() < 0) {
    return Error{Remedy::give_up,
                 fmt::format("can't open the log {}: {}", shown(*file), std::strerror(errno))};
  }
  return OnDenied([log](const Denial& denial) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string line = fmt::format("{} {}\n", format_time(now), line_of(denial));
    // A full disk is no reason to serve worse.
    [[maybe_unused]] const ssize_t n = ::write(log->get(), line.data(), line.size());
  });
}

}  // namespace zr
