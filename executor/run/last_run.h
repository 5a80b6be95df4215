#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "executor/last_run.h"
#include "executor/result.h"

namespace zr {

// None where no run has ended in it. A run that is still going does not count, and neither does
// what is no whole line.
std::optional<LastRun> last_run_in(std::string_view journal);

// None where there is no such file.
Result<std::optional<LastRun>> read_last_run(const std::filesystem::path& journal);

}  // namespace zr
