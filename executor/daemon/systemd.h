#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "executor/machine/descriptor.h"

namespace zr {

// What systemd(1) is told, and what it gives; all of it does nothing where it did not start us.
// libsystemd in systemd.cc alone.
class Systemd {
 public:
  void ready(const std::string& status) const;
  void reloading() const;
  void stopping() const;
  void status(const std::string&) const;

  // How often alive() has to be called; none: nobody watches.
  std::optional<std::chrono::microseconds> watchdog() const;
  void alive() const;

  // The control socket, if it was made for us; else an empty descriptor. Asked for once.
  static Descriptor take_socket();
  // Whether standard error goes to the system's journal, which takes a level before each line.
  static bool has_journal();
};

}  // namespace zr
