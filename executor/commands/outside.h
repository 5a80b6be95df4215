#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <ostream>
#include <stop_token>
#include <string>
#include <variant>

#include "executor/allow/allow_look.h"
#include "executor/exit_status.h"
#include "executor/zfs.h"
#include "lang/policy.h"

namespace zr {

// Where a command writes: results to `out`, diagnostics and progress to `err`.
struct Console {
  std::ostream& out;
  std::ostream& err;
  bool color_out = false;
  bool color_err = false;
  bool err_is_terminal = false;
};

// How the hosts of a site are to be reached.
struct Reach {
  std::filesystem::path folder;  // the site file's: what files of sim hosts are relative to
  Millis now{};                  // a sim host's clock
  std::chrono::seconds zfs_timeout{};
};

// What commands have of the outside.
struct Outside {
  std::function<Connect(const Policy&, const Reach&)> connect;
  std::function<Machines(const Policy&, const Reach&)> machines;
  std::function<Millis()> clock;
  std::stop_token stop;
  std::string user;    // who runs this program
  int reload_fd = -1;  // an eventfd: readable when files are to be read again; -1: never
};

// How a command ended: with a status, or early.
using Outcome = std::variant<ExitStatus, Failure>;

}  // namespace zr
