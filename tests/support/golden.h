#pragma once

#include <filesystem>
#include <string>

namespace zr {

// Compares a text with the one checked in, inside a test case. With ZREPL_ACCEPT=1 in the
// environment the file is rewritten instead, and the check fails all the same when it was
// different, so that a run that accepts is never mistaken for one that passes.
void check_golden(const std::filesystem::path& expected, const std::string& actual);

}  // namespace zr
