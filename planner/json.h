#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "planner/plan.h"
#include "planner/world.h"

namespace zr {

// Worlds and plans as JSON documents (format_version "1.x": a minor version only adds keys; readers
// ignore keys they don't know and refuse another major version). The schemas are
// planner/world.schema.json and planner/plan.schema.json.

struct JsonError {
  std::string message;  // "hosts.nas.datasets[3].guid: not a decimal number"
};

std::variant<World, JsonError> world_from_json(std::string_view);
std::string world_to_json(const World&);

std::variant<Plan, JsonError> plan_from_json(std::string_view);
std::string plan_to_json(const Plan&);

}  // namespace zr
