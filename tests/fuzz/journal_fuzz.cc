// Any bytes as a journal left behind by a crash, and as a lock file: opening keeps every whole line
// and what is recorded next is a line of its own; the last run is told of whole lines; an owner
// that is read can be written and read again.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "executor/run/history.h"
#include "executor/run/journal.h"
#include "executor/run/journal_json.h"

namespace {

namespace fs = std::filesystem;

void require(bool good) {
  if (!good) std::abort();
}

fs::path scratch_file() {
  return fs::temp_directory_path() / ("zrepl-journal-fuzz-" + std::to_string(::getpid()));
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void check_journal(const std::string& before) {
  static const fs::path path = scratch_file();
  std::ofstream(path, std::ios::binary) << before;
  const zr::Plan plan;
  {
    auto journal = zr::open_journal(path);
    require(journal.has_value());
    require((*journal)->record(zr::event::RunStarted{&plan}).has_value());
  }
  const std::string after = content_of(path);
  const std::size_t kept = before.rfind('\n') + 1;
  require(after.compare(0, kept, before, 0, kept) == 0);
  require(after.compare(kept, 22, "{\"type\":\"run_started\",") == 0);
  require(after.find('\n', kept) == after.size() - 1);
  fs::remove(path);
}

void check_owner(const std::string& text) {
  const auto owner = zr::parse_owner(text);
  if (!owner) return;
  for (const char c : owner->str()) require(static_cast<unsigned char>(c) >= 0x20);
  const auto again = zr::parse_owner(zr::owner_line(*owner));
  require(again && again->pid == owner->pid && again->since == owner->since);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_journal(text);
  check_owner(text);
  const auto runs = zr::runs_in(text);
  require(zr::runs_in(text + "torn") == runs);
  const auto last = zr::last_run_in(text);
  require(last == zr::last_run_in(text + "torn"));
  require(last.has_value() == std::any_of(runs.begin(), runs.end(), [&](const zr::PastRun& run) {
            return last && run.ended == last->ended && run.steps == last->steps;
          }));
  return 0;
}
