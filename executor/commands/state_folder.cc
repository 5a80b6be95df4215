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

}  // namespace zr
