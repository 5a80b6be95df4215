#include "tests/support/golden.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace zr {
namespace {

std::string read_or_empty(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool accepts() {
  const char* value = std::getenv("ZREPL_ACCEPT");
  return value != nullptr && std::string_view(value) == "1";
}

// The first line in which they differ, with its number.
std::string difference(const std::string& expected, const std::string& actual) {
  std::istringstream want(expected), have(actual);
  std::string want_line, have_line;
  for (int line = 1;; ++line) {
    const bool more_want = static_cast<bool>(std::getline(want, want_line));
    const bool more_have = static_cast<bool>(std::getline(have, have_line));
    if (!more_want && !more_have) return "only line ends differ";
    if (more_want && more_have && want_line == have_line) continue;
    return "line " + std::to_string(line) +
           "\n  expected: " + (more_want ? want_line : "(nothing)") +
           "\n  actual:   " + (more_have ? have_line : "(nothing)");
  }
}

}  // namespace

void check_golden(const std::filesystem::path& expected, const std::string& actual) {
  const bool exists = std::filesystem::exists(expected);
  const std::string wanted = read_or_empty(expected);
  if (exists && wanted == actual) {
    CHECK(wanted == actual);
    return;
  }
  if (accepts()) {
    std::ofstream(expected, std::ios::binary) << actual;
    FAIL_CHECK("accepted a new ", expected.string(), "; look at it, and run the tests again");
  } else {
    FAIL_CHECK(expected.string(), exists ? ": " : " is missing: ", difference(wanted, actual),
               "\nall of it:\n", actual, "\n(ZREPL_ACCEPT=1 accepts it)");
  }
}

}  // namespace zr
