#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "executor/daemon_status.h"
#include "lang/names.h"

namespace zr {

// What a daemon is asked over its socket, and what it answers: a JSON object a line each way, one
// of each a connection. executor/daemon/README.md is the protocol.

struct ControlRequest {
  enum class Call { wake, pause, resume, status } call = Call::wake;
  JobId job;          // of all but status
  bool wait = false;  // of a wake: the answer comes when the run has ended
  std::optional<std::string> allow_budget = {};  // of a wake: as `apply --allow-budget`

  bool operator==(const ControlRequest&) const = default;
};

struct ControlReply {
  std::string error;          // empty: it was done
  std::optional<int> status;  // of the run that was waited for
  std::optional<DaemonStatus> daemon = {};

  bool operator==(const ControlReply&) const = default;
};

inline constexpr std::size_t most_control_bytes = 4096;  // of a request
inline constexpr std::size_t most_reply_bytes = std::size_t{64} << 20;

// With the line end, which reading does without. Reading back gives what is wrong for anything
// else, hostile text included.
std::string line_of(const ControlRequest&);
std::string line_of(const ControlReply&);
std::variant<ControlRequest, std::string> request_from(std::string_view line);
std::variant<ControlReply, std::string> reply_from(std::string_view line);

std::string_view to_string(ControlRequest::Call);

}  // namespace zr
