#pragma once

#include <string>
#include <vector>

#include "executor/commands/command_help.h"

namespace zr {

// The manual in man(7)'s language, made from what `--help` says.
struct ManPage {
  std::string file;  // "zrepl-plan.1"
  std::string text;  // UTF-8
};

ManPage man_page();  // zrepl(1)
ManPage man_page(const CommandHelp&);
std::vector<ManPage> man_pages();

}  // namespace zr
