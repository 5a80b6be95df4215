#include "executor/commands/state_folder.h"

#include <algorithm>

#include "executor/run/lock.h"

namespace zr {

namespace fs = std::filesystem;

Result<fs::path> state_folder(const Policy& policy) {
  auto chosen = state_dir(policy, state_surroundings());
  const auto has_state = [](bool local) {
    return [local](const auto& host) { return host.is_local() == local && host.state_dir; };
  };
  const auto& hosts = policy.hosts;
  if (std::none_of(hosts.begin(), hosts.end(), has_state(true))) {
    const auto sim = std::find_if(hosts.begin(), hosts.end(), has_state(false));
    if (sim != hosts.end()) chosen = fs::path(*sim->state_dir);
  }
  if (!chosen) return chosen;
  return fs::path(policy.file).parent_path() / *chosen;
}

fs::path journal_in(const fs::path& state_folder, const Policy& policy) {
  return state_folder / (policy.site.value + ".journal");
}

fs::path socket_in(const fs::path& state_folder, const Policy& policy) {
  return state_folder / (policy.site.value + ".socket");
}

std::variant<SiteLock, Failure> take_lock(const Policy& policy, const fs::path& state_folder,
                                          const std::string& command, Millis now) {
  auto lock = lock_site(state_folder, policy.site, this_process(command, now));
  if (!lock)
    return Failure::because(ExitStatus::failed, lock.error().message + "; nothing was done");
  if (const auto* held = std::get_if<LockHeld>(&*lock)) {
    const bool by_daemon = held->owner && held->owner->command.starts_with("zrepl daemon ");
    return Failure::because(ExitStatus::locked, held->message,
                            by_daemon ? "a daemon never ends by itself; to have it run a job now: "
                                        "zrepl wake SITE JOB"
                                      : "");
  }
  return std::get<SiteLock>(std::move(*lock));
}

}  // namespace zr
