#include "executor/serve/isolation_needs.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <variant>

#include "executor/machine/local_host.h"

namespace zr {
namespace {

// sudo, doas, pkexec and their like: they are nothing else than programs of root's that anybody may
// start.
bool gains_privileges(const std::string& program) {
  struct stat s {};
  return ::stat(program.c_str(), &s) == 0 && (s.st_mode & (S_ISUID | S_ISGID)) != 0;
}

IsolationNeeds to_run_zfs(const Argv& argv) {
  IsolationNeeds needs;
  needs.runs_programs = true;
  // One that is not there is told by the first call, to the client.
  if (const auto program = find_program(argv.front())) {
    needs.elevates = gains_privileges(*program);
    if (argv.front().find('/') != std::string::npos) needs.readable_files.push_back(*program);
  }
  return needs;
}

}  // namespace

Result<IsolationNeeds> isolation_needs(const Host& host, const std::filesystem::path& folder,
                                       const WrapperFiles& files) {
  const auto* sim = std::get_if<SimTransport>(&host.transport);
  if (host.agent || (!sim && !host.is_local())) {
    return Error{
        Remedy::give_up,
        fmt::format("`{}` is not what this runs on, as the site file says", host.name.value)};
  }
  IsolationNeeds needs;
  if (sim) {
    needs.writable_folders.push_back(
        (folder / sim->file).lexically_normal().parent_path().string());
  } else {
    needs = to_run_zfs(host.zfs_argv);
  }
  needs.readable_files.insert(needs.readable_files.end(), files.read.begin(), files.read.end());
  needs.writable_folders.insert(needs.writable_folders.end(), files.write.begin(),
                                files.write.end());
  return needs;
}

}  // namespace zr
