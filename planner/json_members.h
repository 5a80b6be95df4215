#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lang/policy.h"
#include "planner/json_writer.h"

namespace zr {

// Members that several documents have.
void write_texts(JsonWriter&, std::string_view key, const std::vector<std::string>&);
void write_hosts(JsonWriter&, std::string_view key, const std::vector<HostName>&);
void write_origin(JsonWriter&, const Origin&);  // "origin"; null where there is none

}  // namespace zr
