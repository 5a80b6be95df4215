#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "executor/result.h"

namespace zr {

// Whole files, with every failure in words that name the file.

// A regular file or a pipe, of at most `limit_bytes`; a directory or a larger file is an error.
Result<std::string> read_text_file(const std::filesystem::path&, std::size_t limit_bytes);
// What somebody else's text names, and so no pipe or device, which might never end.
Result<std::string> read_regular_file(const std::filesystem::path&, std::size_t limit_bytes);
Result<std::string> read_standard_input(std::size_t limit_bytes);

// All or nothing: the text goes to a new file beside it, reaches the disk, and takes the name. It
// keeps the mode of the file that had the name, and its owner where that is allowed; one that may
// not be written to is not replaced either.
// Where the name stands for something that is no regular file (/dev/stdout), it is written to
// directly.
Result<void> write_text_file(const std::filesystem::path&, std::string_view text);

}  // namespace zr
