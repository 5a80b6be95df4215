#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "executor/zfs.h"
#include "planner/json.h"

namespace zr {

// The calls are those of Zfs, and nothing else: what each of them is given is what says which it
// is. A new one is a compile error wherever calls are written, read and answered.
using Call = std::variant<Roots, std::vector<Change>, SendRequest, ReceiveRequest>;

std::string call_to_json(const Call&);
// Of a peer, so hostile: every name, guid and token in it is one, and the change of an apply is a
// change that a plan may have.
std::variant<Call, JsonError> call_from_json(std::string_view);

// Whether a call succeeded, and an error with its remedy if not.
std::string reply_to_json(const Result<void>&);
Result<void> reply_from_json(std::string_view);

}  // namespace zr
