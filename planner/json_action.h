#pragma once

#include <optional>
#include <string_view>

#include "planner/json_value.h"
#include "planner/json_writer.h"
#include "planner/plan.h"

namespace zr {

// An action as a member of a document: what it needs beside its kind and its dataset, which stand
// before it. What is wrong with one is kept by the fields.
void write_action(JsonWriter&, const Action&);
std::optional<Action> read_action(const JsonFields&, std::string_view kind, DatasetName);

// "snapshot":"name","guid":"17"; one that is made in this plan has "guid":null,"of":"@name".
void write_version(JsonWriter&, const VersionRef&);
VersionRef read_version(const JsonFields&);

}  // namespace zr
