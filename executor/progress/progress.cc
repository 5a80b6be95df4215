#include "executor/progress/progress.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "executor/run/journal_json.h"

namespace zr {
namespace {

class JsonProgress final : public Progress {
 public:
  JsonProgress(WriteText sink, WallClock now) : sink_(std::move(sink)), now_(std::move(now)) {
    sink_(version_line() + "\n");
  }

  void on(const Event& event) override {
    if (const auto* start = std::get_if<event::RunStarted>(&event)) plan_ = start->plan;
    if (plan_) sink_(event_line(event, *plan_, {now_(), {}}) + "\n");
  }

 private:
  const WriteText sink_;
  const WallClock now_;
  const Plan* plan_ = nullptr;
};

class NoProgress final : public Progress {
 public:
  void on(const Event&) override {}
};

}  // namespace

WriteText fd_sink(int fd) {
  return [fd](std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::write(fd, text.data(), text.size());
      if (n >= 0) {
        text.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno == EAGAIN) {
        pollfd writable{fd, POLLOUT, 0};
        ::poll(&writable, 1, -1);
      } else if (errno != EINTR) {
        return;
      }
    }
  };
}

Millis wall_clock_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

TerminalSize terminal_size(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

std::unique_ptr<Progress> json_progress(WriteText sink, WallClock now) {
  return std::make_unique<JsonProgress>(std::move(sink), std::move(now));
}

std::unique_ptr<Progress> no_progress() { return std::make_unique<NoProgress>(); }

}  // namespace zr
