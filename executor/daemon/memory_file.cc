#include "executor/daemon/memory_file.h"

#include <system_error>
#include <utility>

#include "executor/text_file.h"
#include "planner/json_time.h"
#include "planner/json_value.h"
#include "planner/json_writer.h"
#include "planner/render.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = std::size_t{16} << 20;

std::optional<DaemonMemory> memory_from_json(const std::string& text) {
  const auto parsed = parse_json(text, {});
  const auto* document = std::get_if<JsonValue>(&parsed);
  if (!document || !check_format_version(*document).empty()) return std::nullopt;
  std::string error;
  const JsonPlace top;
  const JsonFields in(*document, top, error);
  DaemonMemory memory;
  for (const JsonFields& job : in.objects("jobs")) {
    const auto id = job.parsed("job", "job", JobId::parse);
    const auto last =
        job.find("last") ? job.parsed("last", "time", seconds_from_json) : std::optional<Seconds>();
    const bool is_paused = job.flag("paused");
    if (!in.ok()) break;
    if (is_paused) memory.paused.insert(*id);
    if (last) memory.last[*id] = *last;
  }
  if (!error.empty()) return std::nullopt;
  return memory;
}

}  // namespace

Result<DaemonMemory> read_memory(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error) && !error) return DaemonMemory{};
  const auto text = read_regular_file(path, most_bytes);
  if (!text) return text.error();
  if (auto memory = memory_from_json(*text)) return *std::move(memory);
  return Error{Remedy::give_up, path.string() + " is not what a daemon wrote there"};
}

Result<void> write_memory(const fs::path& path, const DaemonMemory& memory) {
  std::set<JobId> jobs = memory.paused;
  for (const auto& [job, last] : memory.last) jobs.insert(job);
  JsonWriter out;
  out.begin_object(JsonWriter::Layout::lines);
  out.key("format_version").text("1.0");
  out.key("jobs").begin_array(JsonWriter::Layout::lines);
  for (const JobId& job : jobs) {
    const auto last = memory.last.find(job);
    out.begin_object(JsonWriter::Layout::one_line);
    out.key("job").text(job.str());
    out.key("last").text_or_null(last == memory.last.end()
                                     ? std::nullopt
                                     : std::optional(format_time(Millis(last->second))));
    out.key("paused").flag(memory.paused.contains(job));
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return write_text_file(path, std::move(out).take());
}

}  // namespace zr
