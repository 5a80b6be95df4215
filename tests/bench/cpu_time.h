#pragma once

#include <sys/resource.h>

namespace zr {

// What this process has computed so far, in seconds: what else the machine does is not in it.
inline double cpu_seconds() {
  rusage now{};
  getrusage(RUSAGE_SELF, &now);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(now.ru_utime) + seconds(now.ru_stime);
}

}  // namespace zr
