#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "executor/past_run.h"
#include "executor/result.h"

namespace zr {

// What is no whole line of a journal is passed over by all of these.

// All that it tells of, in the order in which it first does.
std::vector<PastRun> runs_in(std::string_view journal);
// Of the file, and before it of the one that it replaced; none where there are no such files.
Result<std::vector<PastRun>> read_runs(const std::filesystem::path& journal);

// The last that came to its end; none where none has. Reads no more than it has to, from the end.
// Does not say which steps failed, only how many.
std::optional<PastRun> last_run_in(std::string_view journal);
// None where there is no such file.
Result<std::optional<PastRun>> read_last_run(const std::filesystem::path& journal);

}  // namespace zr
