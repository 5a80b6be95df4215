#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "tests/executor/temporary_folder.h"

namespace zr {

// A program for /bin/sh that runs in the folder; its path.
inline std::string write_script(const TemporaryFolder& folder, const std::string& name,
                                const std::string& body) {
  const std::filesystem::path path = folder / name;
  write_content(path, "#!/bin/sh\ncd '" + folder.path().string() + "' || exit 99\n" + body);
  ::chmod(path.c_str(), 0755);
  return path.string();
}

// Open descriptors of this process.
inline std::size_t open_descriptors() {
  using Files = std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(Files("/proc/self/fd"), Files()));
}

}  // namespace zr
