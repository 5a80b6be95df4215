#pragma once

#include <optional>
#include <string>

#include "executor/daemon_status.h"
#include "executor/past_run.h"
#include "planner/health.h"

namespace zr {

// What goes on with a site, for people and for programs. Pure.

struct StatusOf {
  std::string site;  // the site file as it was named
  std::string site_name;
  std::string policy_hash;  // of the file
  Seconds now{};
  std::optional<DaemonStatus> daemon;  // none: there is none
  std::optional<PastRun> last_run;     // of the journal
  std::optional<Health> health;        // none: nobody looked at the hosts
};

std::string status_to_text(const StatusOf&);

// status.schema.json.
std::string status_to_json(const StatusOf&);

}  // namespace zr
