#include "executor/daemon/systemd.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace zr {
namespace {

void tell(const std::string& text) { ::sd_notify(0, text.c_str()); }

// One line of the protocol.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

}  // namespace

void Systemd::ready(const std::string& text) const { tell("READY=1\nSTATUS=" + one_line(text)); }

void Systemd::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void Systemd::stopping() const { tell("STOPPING=1"); }

void Systemd::status(const std::string& text) const { tell("STATUS=" + one_line(text)); }

std::optional<std::chrono::microseconds> Systemd::watchdog() const {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds / 2);
}

void Systemd::alive() const { tell("WATCHDOG=1"); }

Descriptor Systemd::take_socket() {
  const int given = ::sd_listen_fds(1);
  Descriptor socket;
  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + given; ++fd) {
    Descriptor one(fd);
    if (socket.get() < 0 && ::sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0) {
      ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
      socket = std::move(one);
    }
  }
  return socket;
}

bool Systemd::has_journal() {
  // "device:inode" of what standard error was connected to.
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (!stream || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

}  // namespace zr
