#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "executor/machine/descriptor.h"
#include "executor/progress/progress.h"
#include "executor/result.h"
#include "lang/names.h"
#include "lang/policy.h"

namespace zr {

// Who holds a site's lock, as its file says it.
struct LockOwner {
  std::string host;
  std::int64_t pid = 0;
  Millis since{};
  std::string command;

  // "nas, pid 4711, since 2026-11-22T06:30:00Z (zrepl apply site.zr)"
  std::string str() const;
  bool operator==(const LockOwner&) const = default;
};

// This process, from now on.
LockOwner this_process(std::string command, Millis now);

// A site that is held: nobody else applies it while this lives. The lock is flock(2) on
// `<site>.lock`, so it ends with the process, however that ends; the file stays, empty.
class SiteLock {
 public:
  explicit SiteLock(Descriptor file) : file_(std::move(file)) {}
  SiteLock(SiteLock&&) noexcept = default;
  SiteLock& operator=(SiteLock&&) = delete;
  ~SiteLock();

 private:
  Descriptor file_;
};

struct LockHeld {
  std::optional<LockOwner> owner;  // none where the file does not say
  std::string message;             // names the site, the owner, and the way out
};

// Never waits. Makes the folder (for its owner alone) where it is missing.
Result<std::variant<SiteLock, LockHeld>> lock_site(const std::filesystem::path& state_dir,
                                                   const SiteName&, const LockOwner& self);

// What decides where state lives, from this process.
struct StateSurroundings {
  bool root = false;
  std::optional<std::string> xdg_state_home;
  std::optional<std::string> home;
};
StateSurroundings state_surroundings();

// Where a site's lock and journal live: the `state` of the local host, as it is written there; else
// /var/lib/zrepl for root and the XDG state folder for others. An error where there is none.
Result<std::filesystem::path> state_dir(const Policy&, const StateSurroundings&);
// The folders that are missing are made for their owner alone (0700).
Result<void> make_state_dir(const std::filesystem::path&);

}  // namespace zr
