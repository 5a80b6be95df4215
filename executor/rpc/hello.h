#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "planner/json.h"

namespace zr {

// What an end says of itself before anything else.
struct Hello {
  std::string zrepl;     // the version of the program, for people
  unsigned minor = 0;    // of the protocol, whose major version is in the preface
  bool checksum = true;  // bodies are to have them
};

std::string to_json(const Hello&);
// Members that are not known are passed over: a later minor version may say more.
std::variant<Hello, JsonError> hello_from_json(std::string_view);

}  // namespace zr
